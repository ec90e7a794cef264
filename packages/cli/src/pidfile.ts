import { asRestoreError, definePlugin, type Host, type HostCall, type Plugin } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";

const HINT = "its directory must exist, and the file must not: an older pidfile can belong to a running tree";

/** Writes the pid of the root task before the tree runs, like CRIU. The file must not exist yet. */
export function pidfile(): Plugin {
  return definePlugin({
    name: "pidfile",
    apply({ plan, commit }) {
      // Found before anything starts. It can still appear meanwhile: O_EXCL fails then.
      plan.tap("pidfile", (plan) => {
        const { pidfile } = plan.options;
        if (pidfile === undefined || plan.host.inode(pidfile, false) === undefined) return;
        plan.refuse({ what: `pidfile ${pidfile}`, why: "it exists", hint: HINT });
      });
      commit.tap("pidfile", ({ options, tree, host }) => {
        if (options.pidfile === undefined) return;
        const text = new TextEncoder().encode(String(tree.root.hostPid));
        const file = create(host, options.pidfile);
        host.call.write(file.result, text, text.length);
        host.call.close(file.result);
      });
    },
  });
}

function create(host: Host, path: string): HostCall {
  try {
    return host
      .undoneBy((call) => call.unlinkat(AT_FDCWD, path, 0))
      .openat(AT_FDCWD, path, O.WRONLY | O.CREAT | O.EXCL | O.CLOEXEC, 0o600);
  } catch (error) {
    throw asRestoreError(error, { hint: HINT });
  }
}
