import { definePlugin, giveCapability, type Plugin } from "@restage/core";
import type { CoreEntry } from "@restage/images";
import { PR, PR_MCE_KILL } from "@restage/linux/abi";
import { NODES_COUNT } from "./format.ts";

/**
 * RESTORE: settings of prctl(2) that each thread has, from restage.img. RESTORE_SIGCHLD: its personality, likewise. The duty `registers` sets the
 * dispatch of system calls.
 */
export function threadSettings(): Plugin {
  return definePlugin({
    name: "thread-settings",
    duty: "thread-settings",
    stages: {
      RESTORE:
        "sets timer slack, time stamp counter, machine check policy, I/O flusher state and memory policy of every thread",
      RESTORE_SIGCHLD: "sets the personality of every thread",
    },
    apply({ plan, stages }) {
      let inherited = 0;
      plan.tap("thread-settings", ({ host }) => {
        inherited = Number.parseInt(host.readText("/proc/self/personality") ?? "0", 16);
      });
      stages.RESTORE.thread.tap("thread-settings", ({ call, tid }, { images }) => {
        const { timer_slack, tsc, machine_check, io_flusher, memory_policy, memory_nodes } =
          images.own.thread(tid) ?? {};
        if (timer_slack !== undefined) call.prctl(PR.SET_TIMERSLACK, timer_slack, 0, 0, 0);
        if (machine_check !== undefined) call.prctl(PR.MCE_KILL, PR_MCE_KILL.SET, machine_check, 0, 0);
        if (io_flusher === true) call.prctl(PR.SET_IO_FLUSHER, 1, 0, 0, 0).hint(giveCapability("CAP_SYS_RESOURCE"));
        if (memory_policy !== undefined && memory_nodes !== undefined)
          call
            .set_mempolicy(memory_policy, memory_nodes, NODES_COUNT)
            .hint("restore it on a machine that has the nodes of its memory policy");
        if (tsc !== undefined) call.prctl(PR.SET_TSC, tsc, 0, 0, 0);
      });
      // When memory is mapped: with READ_IMPLIES_EXEC, new mappings are executable.
      stages.RESTORE_SIGCHLD.thread.tap("thread-settings", ({ call, task, tid }, { images }) => {
        const { personality = ordinary(task.core) } = images.own.thread(tid) ?? {};
        if (personality !== undefined && personality !== inherited) call.personality(personality);
      });
    },
  });
}

/** The personality in CRIU's images. CRIU reads hexadecimal text as a decimal number there: only 0 can be relied on. */
function ordinary({ tc }: CoreEntry): 0 | undefined {
  return tc?.personality === 0 ? 0 : undefined;
}
