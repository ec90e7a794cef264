import { definePlugin, type Plugin } from "@restage/core";
import { PRIO, SCHED } from "@restage/linux/abi";

/** RESTORE: nice value and scheduling policy of each thread. A lower nice value and real-time policies require CAP_SYS_NICE. */
export function scheduling(): Plugin {
  return definePlugin({
    name: "scheduling",
    duty: "scheduling",
    stages: { RESTORE: "nice value and scheduling policy of every thread" },
    apply({ plan, stages }) {
      plan.tap("scheduling", (plan) => {
        for (const task of plan.survivors) {
          for (const thread of task.threads) {
            const policy = thread.core.thread_core?.sched_policy ?? SCHED.NORMAL;
            if (policy !== SCHED.DEADLINE && policy !== SCHED.EXT) continue;
            plan.refuse({
              what: thread.name,
              why: `scheduling policy ${policy} (SCHED_DEADLINE, SCHED_EXT) is not in the images`,
              pid: task.pid,
            });
          }
        }
      });
      stages.RESTORE.thread.tap("scheduling", (thread) => {
        const { sched_nice, sched_policy, sched_prio } = thread.state;
        if (sched_nice !== undefined) thread.call.setpriority(PRIO.PROCESS, 0, sched_nice);
        if (sched_policy === undefined) return;
        const parameter = new Uint8Array(Uint32Array.of(sched_prio ?? 0).buffer);
        thread.call.sched_setscheduler(0, sched_policy, parameter);
      });
    },
  });
}
