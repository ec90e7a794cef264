import { definePlugin, type Plugin, type Task } from "@restage/core";
import type { SaEntry } from "@restage/images";
import { SIG, SIG_DFL, SIG_IGN, SIGSET_SIZE, SS, signalBit } from "@restage/linux/abi";
import { encodeAction, encodeStack, SIGNALS } from "./format.ts";

/**
 * RESTORE: signal actions and alternate stacks. RESTORE_SIGCHLD: the action of SIGCHLD. Until then SIGCHLD has its default action, so that the
 * application does not notice children that exit during the restore.
 */
export function signalActions(): Plugin {
  return definePlugin({
    name: "signal-actions",
    duty: "signal-actions",
    stages: { RESTORE: "sets signal actions and alternate stacks", RESTORE_SIGCHLD: "sets the action of SIGCHLD" },
    apply({ stages }) {
      stages.RESTORE.task.tap("signal-actions", (task) => {
        if (!task.survives) return;
        for (const [signal, action] of actionsOf(task)) {
          if (signal === SIG.CHLD || isDefault(action)) continue;
          const args = [signal, encodeAction(action), 0, SIGSET_SIZE] as const;
          if (wouldBlockTraps(signal, action)) task.leader.callLast("rt_sigaction", ...args);
          else task.call.rt_sigaction(...args);
        }
      });
      stages.RESTORE.thread.tap("signal-actions", (thread) => {
        const stack = thread.state.sas;
        if (stack === undefined || (stack.ss_flags & SS.DISABLE) !== 0) return;
        thread.call.sigaltstack(encodeStack(stack), 0);
      });
      stages.RESTORE_SIGCHLD.task.tap("signal-actions", (task) => {
        const action = actionsOf(task).get(SIG.CHLD);
        if (action === undefined || isDefault(action)) return;
        task.call.rt_sigaction(SIG.CHLD, encodeAction(action), 0, SIGSET_SIZE);
      });
    },
  });
}

function actionsOf(task: Task): ReadonlyMap<number, SaEntry> {
  const entries = task.core.tc?.sigactions ?? [];
  return new Map(SIGNALS.slice(0, entries.length).map((signal, index) => [signal, entries[index] as SaEntry] as const));
}

/** Programs end with a trap. At a trap, the kernel resets an action that ignores or blocks SIGTRAP, so such an action is set last. */
function wouldBlockTraps(signal: number, { sigaction, mask }: SaEntry): boolean {
  return signal === SIG.TRAP && (sigaction === SIG_IGN || (mask & signalBit(SIG.TRAP)) !== 0n);
}

/** Tasks start with the default actions: these need no call. */
function isDefault({ sigaction, flags, restorer, mask }: SaEntry): boolean {
  return sigaction === SIG_DFL && flags === 0n && restorer === 0n && mask === 0n;
}
