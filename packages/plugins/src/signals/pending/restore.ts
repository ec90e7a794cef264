import { definePlugin, type Plan, type Plugin, type Task, type Thread } from "@restage/core";
import { SIG, SIGINFO_SIZE } from "@restage/linux/abi";

/** Signals that the processor raises. At the next trap the kernel dequeues these first, even when they are blocked. */
const SYNCHRONOUS: ReadonlySet<number> = new Set([SIG.SEGV, SIG.BUS, SIG.ILL, SIG.FPE, SIG.TRAP, SIG.SYS]);

/**
 * RESTORE_SIGCHLD: the pending signals of every process and thread, in order, with everything that came with them. Each task queues them to itself,
 * because only for itself may it claim that the kernel sent them. All signals are blocked until the end.
 */
export function pendingSignals(): Plugin {
  return definePlugin({
    name: "pending-signals",
    duty: "pending-signals",
    stages: { RESTORE_SIGCHLD: "queues pending signals of processes and threads" },
    apply({ plan, stages }) {
      plan.tap("pending-signals", checkSignals);
      stages.RESTORE_SIGCHLD.task.tap("pending-signals", (task) => {
        const stopsAgain = task.children.some((child) => child.kind === "stopped");
        for (const info of sharedSignals(task)) {
          const signal = signalOf(info);
          const comesLast = signal === SIG.TRAP || (signal === SIG.CHLD && stopsAgain);
          if (comesLast) task.leader.callLast("rt_sigqueueinfo", task.pid, signal, info);
          else task.call.rt_sigqueueinfo(task.pid, signal, info);
        }
      });
      stages.RESTORE_SIGCHLD.thread.tap("pending-signals", (thread) => {
        for (const info of privateSignals(thread)) {
          const signal = signalOf(info);
          if (SYNCHRONOUS.has(signal)) thread.callLast("rt_tgsigqueueinfo", thread.task.pid, thread.tid, signal, info);
          else thread.call.rt_tgsigqueueinfo(thread.task.pid, thread.tid, signal, info);
        }
      });
    },
  });
}

function sharedSignals(task: Task): readonly Uint8Array[] {
  return task.core.tc?.signals_s?.signals.map(({ siginfo }) => siginfo) ?? [];
}

function privateSignals(thread: Thread): readonly Uint8Array[] {
  return thread.state.signals_p?.signals.map(({ siginfo }) => siginfo) ?? [];
}

function signalOf(info: Uint8Array): number {
  return new DataView(info.buffer, info.byteOffset).getInt32(0, true);
}

function checkSignals(plan: Plan): void {
  for (const task of plan.survivors) {
    const infos = [
      ...sharedSignals(task),
      ...task.threads.filter(({ core }) => core.thread_core).flatMap(privateSignals),
    ];
    for (const info of infos) {
      if (info.length === SIGINFO_SIZE) continue;
      plan.refuse({
        what: "pending signal",
        why: `its siginfo has ${info.length} bytes instead of ${SIGINFO_SIZE}`,
        pid: task.pid,
      });
    }
  }
}
