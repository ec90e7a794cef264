import { definePlugin, output, type Plugin, type SeizedTask, type SeizedThread } from "@restage/core";
import { KERNEL_SIGACTION_SIZE, NSIG, SIG, SIGSET_SIZE, STACK_T } from "@restage/linux/abi";

type Answer = ReturnType<typeof output>;

/** Signal actions, pending signals of processes and threads, alternate stacks. */
export function signals(): Plugin {
  return definePlugin({
    name: "signals",
    duty: "signals",
    dump({ phases }) {
      const actions = new Map<SeizedTask, readonly Answer[]>();
      const stacks = new Map<SeizedThread, Answer>();
      phases.query.task.tap("signals", (task) => {
        const answers = SIGNALS.map((signal) => {
          const action = output(KERNEL_SIGACTION_SIZE);
          task.leader.call.rt_sigaction(signal, undefined, action, SIGSET_SIZE);
          return action;
        });
        actions.set(task, answers);
      });
      phases.query.thread.tap("signals", (thread) => {
        const stack = output(STACK_T.size);
        thread.call.sigaltstack(0, stack);
        stacks.set(thread, stack);
      });
      phases.collect.task.tap("signals", (task, { seizer }) => {
        const { stopped } = task.leader;
        task.core.blk_sigset = stopped.signalMask;
        task.core.sigactions = (actions.get(task) ?? []).map(({ bytes }) => {
          const [sigaction = 0n, flags = 0n, restorer = 0n, mask = 0n] = new BigUint64Array(bytes.slice().buffer);
          return { sigaction, flags, restorer, mask };
        });
        task.core.signals_s = queue(seizer.pendingSignals(stopped, "shared"));
      });
      phases.collect.thread.tap("signals", (thread, { seizer }) => {
        thread.core.signals_p = queue(seizer.pendingSignals(thread.stopped, "private"));
        const stack = stacks.get(thread)?.bytes ?? new Uint8Array(STACK_T.size);
        const view = new DataView(stack.buffer);
        thread.core.sas = {
          ss_sp: view.getBigUint64(STACK_T.ss_sp, true),
          ss_flags: view.getUint32(STACK_T.ss_flags, true),
          ss_size: view.getBigUint64(STACK_T.ss_size, true),
        };
      });
    },
  });
}

/** PageSources have actions of these, in order. */
const SIGNALS = Array.from({ length: NSIG }, (_, index) => index + 1).filter(
  (signal) => signal !== SIG.KILL && signal !== SIG.STOP,
);

function queue(infos: readonly Uint8Array[]) {
  return { signals: infos.map((siginfo) => ({ siginfo })) };
}
