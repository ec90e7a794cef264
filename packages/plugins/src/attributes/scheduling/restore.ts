import { definePlugin, type Plugin } from "@restage/core";
import { IOPRIO_WHO_PROCESS, PRIO } from "@restage/linux/abi";
import { encodeParameter, obstacleOf } from "./format.ts";

/**
 * RESTORE: nice value, scheduling policy, processors and I/O priority of each thread. A lower nice value and real-time policies require CAP_SYS_NICE.
 */
export function scheduling(): Plugin {
  return definePlugin({
    name: "scheduling",
    duty: "scheduling",
    stages: { RESTORE: "sets nice value, scheduling policy, processors and I/O priority of every thread" },
    apply({ plan, stages }) {
      plan.tap("scheduling", (plan) => {
        for (const task of plan.survivors) {
          for (const { name: what, core } of task.threads) {
            const why = obstacleOf(core.thread_core ?? {});
            if (why !== undefined) plan.refuse({ what, why, pid: task.pid });
          }
        }
      });
      stages.RESTORE.thread.tap("scheduling", ({ call, state, tid }, { images }) => {
        const { affinity, io_priority } = images.own.thread(tid) ?? {};
        if (affinity !== undefined)
          call
            .sched_setaffinity(0, affinity.length, affinity)
            .hint("none of the processors on which the thread was allowed to run exists here");
        if (io_priority !== undefined) call.ioprio_set(IOPRIO_WHO_PROCESS, 0, io_priority);
        if (state.sched_nice !== undefined) call.setpriority(PRIO.PROCESS, 0, state.sched_nice);
        if (state.sched_policy !== undefined) call.sched_setscheduler(0, state.sched_policy, encodeParameter(state));
      });
    },
  });
}
