// Builds the command in `dist`: `restage.cjs` starts it on every runtime.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";
import { licensesOf } from "../../tools/bundled-licenses.ts";
import { bundleCommand } from "./bundle.ts";

process.chdir(import.meta.dirname);
rmSync("dist", { recursive: true, force: true });
// For `restage help TOPIC`.
cpSync("../../docs", "dist/docs", { recursive: true });

const chunks = await bundleCommand("dist/bun");
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

const digest = createHash("sha256");
for (const { code } of chunks) digest.update(code);
await build({
  platform: "node",
  input: { restage: "src/start.ts" },
  transform: { define: { BUILD: JSON.stringify(digest.digest("hex").slice(0, 16)) } },
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
