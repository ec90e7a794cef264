import { definePlugin, type Plugin } from "@restage/core";

/** Rewrites paths: a path that begins with a key begins with its value instead. */
export function remapPaths(paths: Readonly<Record<string, string>>): Plugin {
  return definePlugin({
    name: "remap-paths",
    apply({ entries }) {
      entries.reg_files.tap("remap-paths", (file) => {
        const from = Object.keys(paths).find((prefix) => file.name.startsWith(prefix));
        return from === undefined ? file : { ...file, name: `${paths[from]}${file.name.slice(from.length)}` };
      });
    },
  });
}
