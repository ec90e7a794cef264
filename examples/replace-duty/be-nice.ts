import { definePlugin, type Plugin } from "@restage/core";
import { PRIO } from "@restage/linux/abi";

/** Replaces the default plugin for scheduling: every thread gets this nice value. */
export function beNice(nice: number): Plugin {
  return definePlugin({
    name: "be-nice",
    duty: "scheduling",
    apply({ stages }) {
      stages.RESTORE.thread.tap("be-nice", (thread) => {
        thread.call.setpriority(PRIO.PROCESS, 0, nice);
      });
    },
  });
}
