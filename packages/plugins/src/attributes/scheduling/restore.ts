import { definePlugin, type Plugin } from "@restage/core";
import { PRIO } from "@restage/linux/abi";
import { encodeParameter, obstacleOf } from "./format.ts";

/** RESTORE: nice value and scheduling policy of each thread. A lower nice value and real-time policies require CAP_SYS_NICE. */
export function scheduling(): Plugin {
  return definePlugin({
    name: "scheduling",
    duty: "scheduling",
    stages: { RESTORE: "nice value and scheduling policy of every thread" },
    apply({ plan, stages }) {
      plan.tap("scheduling", (plan) => {
        for (const task of plan.survivors) {
          for (const { name: what, core } of task.threads) {
            const why = obstacleOf(core.thread_core ?? {});
            if (why !== undefined) plan.refuse({ what, why, pid: task.pid });
          }
        }
      });
      stages.RESTORE.thread.tap("scheduling", ({ call, state }) => {
        if (state.sched_nice !== undefined) call.setpriority(PRIO.PROCESS, 0, state.sched_nice);
        if (state.sched_policy !== undefined) call.sched_setscheduler(0, state.sched_policy, encodeParameter(state));
      });
    },
  });
}
