import { definePlugin, type Plugin, words } from "@restage/core";
import { SIGSET_SIZE } from "@restage/linux/abi";
import { creationFlags, setOtherFlags } from "../open-flags.ts";

/** RESTORE: opens signalfds with their signal masks. */
export function signalfds(): Plugin {
  return definePlugin({
    name: "signalfds",
    duty: "signalfds",
    stages: { RESTORE: "opens signalfds with their signal masks" },
    apply({ openFile }) {
      openFile.for("SIGNALFD").tap("signalfds", ({ task, entry: { sgfd } }) => {
        if (sgfd === undefined) return undefined;
        const descriptor = task.call.signalfd4(-1, words(sgfd.sigmask), SIGSET_SIZE, creationFlags(sgfd.flags));
        setOtherFlags(task, descriptor, sgfd.flags);
        return descriptor;
      });
    },
  });
}
