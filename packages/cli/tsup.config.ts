import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Options } from "tsup";
import { bundledLicenses } from "../../tools/bundled-licenses.ts";

// Not by tsup, which would do it for each configuration, and they are built at the same time.
rmSync("dist", { recursive: true, force: true });

// For `restage help TOPIC`.
cpSync("../../docs", "dist/docs", { recursive: true, filter: (path) => !path.endsWith("/api") });

// `restage.js` starts the command. The command is two files: `main`, and `checkpoint` with the code that only a checkpoint needs. They are CommonJS,
// of which runtimes can keep the compiled code. What starts often is bundled, which loads several times faster than from node_modules;
// jiti, cosmiconfig and koffi are loaded when needed. Names are kept, for error reports.
export default defineConfig([
  { entry: { restage: "src/start.ts" }, format: "esm", target: "node20" },
  // For the thread of Node 20's resolve hooks.
  { entry: { "why-untrusted": "../core/src/config/why-untrusted.ts" }, format: "esm", target: "node20" },
  bundle("main", "src/restage.ts", [checkpointApart()]),
  bundle("checkpoint", "src/checkpoint.ts", []),
]);

type Plugins = NonNullable<Options["esbuildPlugins"]>;

function bundle(name: string, source: string, plugins: Plugins): Options {
  return {
    entry: { [name]: source },
    format: "cjs",
    target: "node20",
    shims: true,
    noExternal: [/^@restage\//, /^@bufbuild\/protobuf/, "tapable", "xxhash-wasm", /^modern-tar/],
    external: ["jiti", "cosmiconfig", "koffi"],
    esbuildPlugins: [...(name === "main" ? [bundledLicenses("dist")] : []), tapableWithoutUtil(), ...plugins],
    esbuildOptions(options) {
      options.minifyWhitespace = true;
      options.minifySyntax = true;
      // `require` instead: on Node a script whose compiled code is kept cannot import.
      options.supported = { ...options.supported, "dynamic-import": false };
    },
    async onSuccess() {
      const bun = fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url));
      const how = ["--target=bun", "--format=cjs", "--bytecode", "--packages=external", "--external=./dist/checkpoint"];
      execFileSync(bun, ["build", `dist/${name}.cjs`, ...how, "--outdir=dist/bun", "--entry-naming=[name].[ext]"]);
    },
  };
}

/** `main` asks for `./checkpoint`, a file of its own, when a checkpoint is made, or a configuration uses its plugins. */
function checkpointApart(): Plugins[number] {
  return {
    name: "checkpoint-apart",
    setup(build) {
      build.onResolve(
        {
          filter:
            /^\.\/commands\/(?:checkpoint|plugins)\.ts$|^\.\/serve-dump\.ts$|^\.\/dump\/dump\.ts$|^@restage\/plugins\/dump$/,
        },
        () => {
          return { path: "./checkpoint", external: true };
        },
      );
    },
  };
}

/**
 * tapable, a CommonJS package, asks for Node's `util` to warn of what it deprecates. To have `require` in a module, and then `util`, takes
 * Bun 7 ms, a quarter of a small restore.
 */
function tapableWithoutUtil(): Plugins[number] {
  return {
    name: "tapable-without-util",
    setup(build) {
      const namespace = "tapable-without-util";
      build.onResolve({ filter: /^util$/ }, ({ importer, path }) => {
        return importer.includes("/node_modules/tapable/") ? { path, namespace } : undefined;
      });
      build.onLoad({ filter: /./, namespace }, () => ({ contents: "exports.deprecate = (deprecated) => deprecated;" }));
    },
  };
}
