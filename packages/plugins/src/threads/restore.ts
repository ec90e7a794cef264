import { definePlugin, type Plan, type Plugin, type Thread } from "@restage/core";
import { PR } from "@restage/linux/abi";
import { registersOf } from "./registers-x86-64/registers-of.ts";
import { encodeName } from "./thread-name.ts";

/**
 * RESTORE: the threads of each task with their recorded ids, and what belongs to one thread: its name, its robust list, the address that the kernel
 * clears when it exits, its restartable sequences.
 */
export function threads(): Plugin {
  return definePlugin({
    name: "threads",
    duty: "threads",
    stages: { RESTORE: "starts threads with their ids; sets name, robust list, tid address and rseq of each" },
    apply({ plan, stages }) {
      plan.tap("threads", checkThreads);
      stages.RESTORE.task.tap("threads", (task) => {
        if (task.survives) for (const thread of task.threads.slice(1)) task.startThread(thread);
      });
      stages.RESTORE.thread.tap("threads", (thread) => {
        const { state } = thread;
        const { clear_tid_addr } = registersOf(thread);
        const name = nameOf(thread);
        if (name !== undefined) thread.call.prctl(PR.SET_NAME, encodeName(name), 0, 0, 0);
        thread.call.set_tid_address(clear_tid_addr);
        if (state.futex_rla_len !== 0) thread.call.set_robust_list(state.futex_rla, state.futex_rla_len);
        const rseq = state.rseq_entry;
        if (rseq !== undefined && rseq.rseq_abi_pointer !== 0n) {
          thread.call.rseq(rseq.rseq_abi_pointer, rseq.rseq_abi_size, 0, rseq.signature);
        }
      });
    },
  });
}

function nameOf({ isLeader, task, state }: Thread): string | undefined {
  return isLeader ? task.core.tc?.comm : state.comm;
}

function checkThreads(plan: Plan): void {
  for (const task of plan.survivors) {
    for (const { name: what, tid, core } of task.threads) {
      if (core.thread_core !== undefined) continue;
      plan.refuse({ what, why: `core-${tid}.img has no thread_core`, pid: task.pid });
    }
  }
}
