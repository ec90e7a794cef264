import { definePlugin, type RestorePlugin } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";

/** Writes the pid of the root task before the tree runs, as CRIU does: the file may not be there yet. */
export function pidfile(): RestorePlugin {
  return definePlugin({
    name: "pidfile",
    apply({ commit }) {
      commit.tap("pidfile", ({ options, tree, host }) => {
        const { pidfile } = options;
        if (pidfile === undefined) return;
        const text = new TextEncoder().encode(String(tree.root.pid));
        const flags = O.WRONLY | O.CREAT | O.EXCL | O.CLOEXEC;
        const file = host.call
          .openat(AT_FDCWD, pidfile, flags, 0o600)
          .undo((call) => call.unlinkat(AT_FDCWD, pidfile, 0));
        host.call.write(file.result, text, text.length);
        host.call.close(file.result);
      });
    },
  });
}
