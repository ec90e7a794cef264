import { definePlugin, type Plugin } from "@restage/core";

/** The pending signals of every process and thread, in order, with everything that came with them. */
export function pendingSignals(): Plugin {
  return definePlugin({
    name: "pending-signals",
    duty: "pending-signals",
    phases: { collect: "saves pending signals of processes and threads" },
    dump({ phases }) {
      phases.collect.task.tap("pending-signals", (task, { seizer }) => {
        task.core.signals_s = queueOf(seizer.pendingSignals(task.leader.stopped, "shared"));
      });
      phases.collect.thread.tap("pending-signals", (thread, { seizer }) => {
        thread.core.signals_p = queueOf(seizer.pendingSignals(thread.stopped, "private"));
      });
    },
  });
}

function queueOf(infos: readonly Uint8Array[]) {
  return { signals: infos.map((siginfo) => ({ siginfo })) };
}
