import { rmSync, writeFileSync } from "node:fs";
import { definePlugin, type RestorePlugin } from "@restage/core";

/** Writes the pid of the root task before the tree resumes; takes the file back when the restore fails. */
export function pidfile(): RestorePlugin {
  return definePlugin({
    name: "pidfile",
    apply({ commit, abort }) {
      let written: string | undefined;
      commit.tap("pidfile", ({ options, tree }) => {
        if (options.pidfile === undefined) return;
        writeFileSync(options.pidfile, `${tree.root.pid}\n`, { flag: "wx" });
        written = options.pidfile;
      });
      abort.tap("pidfile", () => {
        if (written !== undefined) rmSync(written, { force: true });
      });
    },
  });
}
