import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Options } from "tsup";
import { bundledLicenses } from "../../tools/bundled-licenses.ts";

// Not by tsup, which would do it for each of the two, and they are built at the same time.
rmSync("dist", { recursive: true, force: true });

// The command is one file, CommonJS, of which runtimes can keep the compiled code; `restage.js` starts it. What starts often is bundled, which
// loads several times faster than from node_modules; jiti, cosmiconfig and koffi are loaded when needed. Names stay, for whoever reports
// where something failed.
export default defineConfig([
  { entry: { restage: "src/start.ts" }, format: "esm", target: "node20" },
  {
    entry: { main: "src/restage.ts" },
    format: "cjs",
    target: "node20",
    shims: true,
    noExternal: [/^@restage\//, /^@bufbuild\/protobuf/, "tapable"],
    external: ["jiti", "cosmiconfig", "koffi"],
    esbuildPlugins: [bundledLicenses("dist"), tapableWithoutUtil()],
    esbuildOptions(options) {
      options.minifyWhitespace = true;
      options.minifySyntax = true;
      // `require` instead: on Node a script whose compiled code is kept cannot import.
      options.supported = { ...options.supported, "dynamic-import": false };
    },
    async onSuccess() {
      const bun = fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url));
      const how = ["--target=bun", "--format=cjs", "--bytecode", "--packages=external"];
      execFileSync(bun, ["build", "dist/main.cjs", ...how, "--outdir=dist", "--entry-naming=[name].bun.[ext]"]);
    },
  },
]);

/**
 * tapable, a CommonJS package, asks for Node's `util` to warn of what it deprecates. To have `require` in a module, and then `util`, takes
 * Bun 7 ms, a quarter of a small restore.
 */
function tapableWithoutUtil(): NonNullable<Options["esbuildPlugins"]>[number] {
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
