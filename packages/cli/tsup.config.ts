import { defineConfig } from "tsup";
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
  noExternal: [/^@restage\//, /^@bufbuild\/protobuf/, "tapable", "commander", "yocto-spinner", "yoctocolors"],
  external: ["jiti", "cosmiconfig", "koffi"],
  esbuildPlugins: [bundledLicenses("dist")],
  // Bundled CommonJS asks for Node's own modules.
  banner: {
    js: 'import { createRequire as createRequire_ } from "node:module"; const require = createRequire_(import.meta.url);',
  },
});
