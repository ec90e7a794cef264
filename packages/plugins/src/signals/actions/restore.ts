import { definePlugin, type Plugin, type Task } from "@restage/core";
import type { SaEntry } from "@restage/images";
import { NSIG, SIG, SIG_DFL, SIG_IGN, SIGSET_SIZE, SS, STACK_T, signalBit } from "@restage/linux/abi";

/**
 * RESTORE: signal actions and alternate stacks. RESTORE_SIGCHLD: the action of SIGCHLD, which until then is the default, so that children
 * that die during the restore are not the application's affair.
 */
export function signalActions(): Plugin {
  return definePlugin({
    name: "signal-actions",
    duty: "signal-actions",
    stages: { RESTORE: "signal actions and alternate stacks", RESTORE_SIGCHLD: "the action of SIGCHLD" },
    apply({ stages }) {
      stages.RESTORE.task.tap("signal-actions", (task) => {
        if (!task.survives) return;
        for (const [signal, action] of actionsOf(task)) {
          // An ignored SIGTRAP would not outlive the traps by which programs end.
          const last =
            signal === SIG.TRAP && (action.sigaction === SIG_IGN || (action.mask & signalBit(SIG.TRAP)) !== 0n);
          if (signal === SIG.CHLD || isDefault(action)) continue;
          const struct = {
            handler: action.sigaction,
            flags: action.flags,
            restorer: action.restorer,
            mask: action.mask,
          };
          if (last) task.leader.callLast("rt_sigaction", signal, struct, 0, SIGSET_SIZE);
          else task.call.rt_sigaction(signal, struct, 0, SIGSET_SIZE);
        }
      });
      stages.RESTORE.thread.tap("signal-actions", (thread) => {
        const stack = thread.state.sas;
        if (stack === undefined || (stack.ss_flags & SS.DISABLE) !== 0) return;
        // Being on the stack is no property of it, but of the stack pointer.
        const bytes = new Uint8Array(STACK_T.size);
        const view = new DataView(bytes.buffer);
        view.setBigUint64(STACK_T.ss_sp, stack.ss_sp, true);
        view.setUint32(STACK_T.ss_flags, stack.ss_flags & ~SS.ONSTACK, true);
        view.setBigUint64(STACK_T.ss_size, stack.ss_size, true);
        thread.call.sigaltstack(bytes, 0);
      });
      stages.RESTORE_SIGCHLD.task.tap("signal-actions", (task) => {
        const action = actionsOf(task).get(SIG.CHLD);
        if (action === undefined || isDefault(action)) return;
        const { sigaction: handler, flags, restorer, mask } = action;
        task.call.rt_sigaction(SIG.CHLD, { handler, flags, restorer, mask }, 0, SIGSET_SIZE);
      });
    },
  });
}

/** The image has them for signals 1 to 64 in order, without SIGKILL and SIGSTOP. */
function actionsOf(task: Task): ReadonlyMap<number, SaEntry> {
  const entries = task.core.tc?.sigactions ?? [];
  const actions = new Map<number, SaEntry>();
  let next = 0;
  for (let signal = 1; signal <= NSIG; signal++) {
    if (signal === SIG.KILL || signal === SIG.STOP) continue;
    const entry = entries[next++];
    if (entry !== undefined) actions.set(signal, entry);
  }
  return actions;
}

/** A task begins with the default actions: these need no call. */
function isDefault({ sigaction, flags, restorer, mask }: SaEntry): boolean {
  return sigaction === SIG_DFL && flags === 0n && restorer === 0n && mask === 0n;
}
