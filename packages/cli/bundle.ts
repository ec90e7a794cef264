import { type OutputChunk, type Plugin, rolldown } from "rolldown";

/** Bundles the command as CommonJS, of which runtimes can keep the compiled code, into files. A start loads only those that it needs: `main.cjs` first. */
export async function bundleCommand(directory: string): Promise<readonly OutputChunk[]> {
  const bundle = await rolldown({
    platform: "node",
    input: { main: "src/restage.ts" },
    // Loaded when needed. What starts often is bundled, which loads several times faster than from node_modules.
    external: ["jiti", "cosmiconfig", "koffi"],
    plugins: [tapableWithoutUtil(), asciiOnly()],
    // Bun's bundler would replace `__filename` and `module.filename` by what they are at the build. In the executable, modules have no file.
    transform: {
      define: {
        "import.meta.url": 'require("node:url").pathToFileURL(Reflect.get(module, "filename") ?? Bun.main).href',
      },
    },
    logLevel: "warn",
  });
  const { output } = await bundle.write({
    dir: directory,
    format: "cjs",
    // On Node, a script whose compiled code is kept cannot import.
    dynamicImportInCjs: false,
    // Names are kept, for error reports.
    minify: { compress: true, mangle: { keepNames: true }, codegen: true },
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    // Dynamic imports are in files of their own. Each of these has what its files import statically, except what is in one before it: a plan does not
    // need the code that calls the kernel.
    codeSplitting: {
      groups: [
        { name: "start", test: /\/cli\/src\/restage\.ts$/, priority: 4 },
        { name: "restores", test: /\/cli\/src\/commands\/plan\.ts$/, priority: 3 },
        { name: "machine", test: /\/cli\/src\/commands\/restore\.ts$/, priority: 2 },
        { name: "checkpoints", test: /\/cli\/src\/commands\/checkpoint\.ts$/, priority: 1 },
      ],
    },
  });
  return output.filter((file) => file.type === "chunk");
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
