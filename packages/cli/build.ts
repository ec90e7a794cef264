// Builds the command in `dist`: `restage.cjs` starts it on every runtime. The rest is CommonJS, of which runtimes can keep the compiled code.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, type RolldownOptions, rolldown } from "rolldown";
import { licensesOf } from "../../tools/bundled-licenses.ts";

process.chdir(import.meta.dirname);
rmSync("dist", { recursive: true, force: true });
// For `restage help TOPIC`.
cpSync("../../docs", "dist/docs", { recursive: true, filter: (path) => !path.endsWith("/api") });

const command: RolldownOptions = {
  platform: "node",
  input: { main: "src/restage.ts" },
  // Loaded when needed. What starts often is bundled, which loads several times faster than from node_modules.
  external: ["jiti", "cosmiconfig", "koffi"],
  plugins: [tapableWithoutUtil(), asciiOnly()],
  // A start loads only files that it needs. Dynamic imports are in files of their own; these have what is imported statically.
  output: {
    dir: "dist/bun",
    format: "cjs",
    // On Node, a script whose compiled code is kept cannot import.
    dynamicImportInCjs: false,
    // Names are kept, for error reports.
    minify: { compress: true, mangle: { keepNames: true }, codegen: true },
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    codeSplitting: {
      groups: [
        { name: "start", test: /\/cli\/src\/restage\.ts$/, priority: 3 },
        { name: "restores", test: /\/cli\/src\/commands\/(?:restore|plan)\.ts$/, priority: 2 },
        { name: "checkpoints", test: /\/cli\/src\/commands\/checkpoint\.ts$/, priority: 1 },
      ],
    },
  },
};

const chunks = await build(command);
const licenses = licensesOf(chunks.flatMap(({ moduleIds }) => moduleIds));
writeFileSync("dist/THIRD_PARTY_LICENSES", licenses.join("\n"));

// The wrapper of CommonJS is in the files for V8: to add it at each start would copy them.
for (const { fileName, code } of chunks)
  writeFileSync(`dist/${fileName}`, `(function (exports, require, module, __filename, __dirname) {${code}\n})`);

// Bun's compiled code is beside the files that it is made of.
const bun = join(import.meta.dirname, "../../node_modules/.bin/bun");
const how = ["--target=bun", "--format=cjs", "--bytecode", "--minify-whitespace", "--external=*", "--outdir=dist/bun"];
const files = readdirSync("dist/bun").map((file) => `dist/bun/${file}`);
execFileSync(bun, ["build", ...how, "--entry-naming=[name].cjs", ...files]);

await build({
  platform: "node",
  input: { restage: "src/start.ts" },
  // Node takes longer to start a module.
  output: { dir: "dist", format: "cjs", entryFileNames: "[name].cjs" },
});
chmodSync("dist/restage.cjs", 0o755);
// The name that it had as a module.
symlinkSync("restage.cjs", "dist/restage.js");

// For the thread of Node 20's resolve hooks.
await build({
  platform: "node",
  input: { "why-untrusted": "../core/src/config/why-untrusted.ts" },
  output: { dir: "dist", format: "esm", entryFileNames: "[name].mjs" },
});

async function build(options: RolldownOptions) {
  const { output } = options;
  if (output === undefined || Array.isArray(output)) throw new TypeError("one output");
  const bundle = await rolldown({ ...options, logLevel: "warn" });
  return (await bundle.write(output)).output.filter((file) => file.type === "chunk");
}

/** tapable, a CommonJS package, asks for Node's `util` to warn of what it deprecates. To load that takes Bun 7 ms, a quarter of a small restore. */
function tapableWithoutUtil(): Plugin {
  const id = "tapable-without-util";
  return {
    name: id,
    resolveId: (source, importer) => (source === "util" && importer?.includes("/node_modules/tapable/") ? id : null),
    load: (loaded) => (loaded === id ? "exports.deprecate = (deprecated) => deprecated;" : null),
  };
}

/** Escapes all other characters: text with them takes twice the memory, and each start has to decode it. */
function asciiOnly(): Plugin {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return {
    name: "ascii-only",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle))
        if (file.type === "chunk") file.code = file.code.replace(/[^\0-\x7f]/g, escaped);
    },
  };
}
