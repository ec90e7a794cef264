import { defineConfig, type Options } from "tsup";
import { bundledLicenses } from "../../tools/bundled-licenses.ts";

// The command is one folder of chunks. `core.js`, `plugins.js`, `images.js` and `linux-abi.js` name the chunks that a user's
// configuration gets for `@restage/*`. What starts often is bundled, which loads several times faster than from node_modules;
// jiti, cosmiconfig and koffi are loaded when needed.
export default defineConfig({
  entry: ["src/restage.ts", "src/core.ts", "src/plugins.ts", "src/images.ts", "src/linux-abi.ts"],
  format: "esm",
  splitting: true,
  target: "node20",
  clean: true,
  noExternal: [/^@restage\//, /^@bufbuild\/protobuf/, "tapable"],
  external: ["jiti", "cosmiconfig", "koffi"],
  esbuildPlugins: [bundledLicenses("dist"), tapableWithoutUtil()],
});

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
