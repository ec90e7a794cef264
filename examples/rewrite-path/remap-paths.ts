import { definePlugin, type Plugin } from "@restage/core";

/** Files whose paths begin with a key are looked for under its value. */
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
