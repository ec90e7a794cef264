import { definePlugin, type HostCalls, type Plugin, type Thread } from "@restage/core";
import { IOPRIO_WHO_PROCESS, PRIO } from "@restage/linux/abi";
import { hasOwnNamespace } from "../../namespaces/own-namespaces.ts";
import { encodeParameter, obstacleOf, type Scheduling } from "./format.ts";

/**
 * RESTORE: nice value, scheduling policy, processors and I/O priority of each thread. A lower nice value and real-time policies require CAP_SYS_NICE,
 * which has no effect in a user namespace: for such a tree this process sets them at the end of the stage.
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
      const outside: Thread[] = [];
      stages.RESTORE.thread.tap("scheduling", (thread, { images, tree }) => {
        const { call, state, tid } = thread;
        const { affinity, io_priority } = images.own.thread(tid) ?? {};
        if (affinity !== undefined)
          call
            .sched_setaffinity(0, affinity.length, affinity)
            .hint("none of the processors on which the thread was allowed to run exists here");
        if (hasOwnNamespace(images, tree.root, "user")) outside.push(thread);
        else schedule(call, 0, state, io_priority);
      });
      stages.RESTORE.leave.tap("scheduling", ({ host, images }) => {
        for (const { isLeader, task, tracee, state, tid } of outside.splice(0)) {
          const outsideTid = isLeader ? task.hostPid : (tracee?.tid ?? tid);
          schedule(host.call, outsideTid, state, images.own.thread(tid)?.io_priority);
        }
      });
    },
  });
}

type SchedulingCalls = "ioprio_set" | "setpriority" | "sched_setscheduler";

/** @param thread its id for the caller; 0 is the caller itself. */
function schedule(
  call: Pick<Thread["call"], SchedulingCalls> | Pick<HostCalls, SchedulingCalls>,
  thread: number,
  state: Scheduling,
  io_priority: number | undefined,
): void {
  if (io_priority !== undefined) call.ioprio_set(IOPRIO_WHO_PROCESS, thread, io_priority);
  if (state.sched_nice !== undefined) call.setpriority(PRIO.PROCESS, thread, state.sched_nice);
  if (state.sched_policy !== undefined) call.sched_setscheduler(thread, state.sched_policy, encodeParameter(state));
}
