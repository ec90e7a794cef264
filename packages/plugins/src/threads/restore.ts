import { definePlugin, type Plan, type Plugin, RestoreError, type Thread } from "@restage/core";
import { encodeText } from "@restage/images";
import { PR } from "@restage/linux/abi";

/**
 * RESTORE: the threads of each task with their recorded ids, and what each thread has of its own: name, alternate signal stack, robust list, the
 * address to be cleared at its end, restartable sequences.
 */
export function threads(): Plugin {
  return definePlugin({
    name: "threads",
    duty: "threads",
    stages: { RESTORE: "starts threads with their ids; name, alternate stack, robust list, tid address, rseq of each" },
    apply({ plan, stages }) {
      plan.tap("threads", checkArchitecture);
      stages.RESTORE.task.tap("threads", (task) => {
        if (task.survives) for (const thread of task.threads.slice(1)) task.startThread(thread);
      });
      stages.RESTORE.thread.tap("threads", (thread) => {
        const { state } = thread;
        const { clear_tid_addr } = registersOf(thread);
        setName(thread);
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

function setName(thread: Thread): void {
  const name = thread.isLeader ? thread.task.core.tc?.comm : thread.state.comm;
  if (name === undefined) return;
  const bytes = new Uint8Array(16);
  bytes.set(encodeText(name).subarray(0, 15));
  thread.call.prctl(PR.SET_NAME, bytes, 0, 0, 0);
}

/** The registers of a thread and what goes with them. */
export function registersOf(thread: Thread) {
  const info = thread.core.thread_info;
  if (info === undefined) throw new Error(`core-${thread.tid}.img has no registers of x86_64`);
  return info;
}

/** CORE_ENTRY__MARCH of x86_64. Source: CRIU images/core.proto. */
const X86_64 = 1;

/** How many words an FXSAVE area has for them. Source: Intel SDM volume 1, 10.5. */
const WORDS = { st_space: 32, xmm_space: 64 } as const;

function checkArchitecture(plan: Plan): void {
  for (const task of plan.survivors) {
    for (const thread of task.threads) {
      const { mtype, thread_info: info } = thread.core;
      const what = thread.name;
      if (mtype !== X86_64 || info === undefined) {
        plan.refuse({ what, why: `it comes from another architecture than x86_64 (mtype ${mtype})`, pid: task.pid });
      } else if ((info.gpregs.mode ?? 1) !== 1) {
        plan.refuse({ what, why: "it runs 32-bit code, which is not restored yet", pid: task.pid });
      } else if (info.fpregs.xsave?.cet !== undefined && info.fpregs.xsave.cet.cet !== 0n) {
        plan.refuse({ what, why: "it has a shadow stack (CET), which is not restored yet", pid: task.pid });
      }
      for (const [field, most] of Object.entries(WORDS) as [keyof typeof WORDS, number][]) {
        const found = info?.fpregs[field].length ?? 0;
        if (found <= most) continue;
        const entry = `core-${thread.tid}.img`;
        const message = `Cannot read ${entry}: expected at most ${most} words of ${field}, found ${found}`;
        throw new RestoreError("ERR_IMAGE", message, { pid: task.pid, tid: thread.tid, entry });
      }
      if (thread.core.thread_core === undefined) {
        plan.refuse({ what, why: `core-${thread.tid}.img has no thread_core`, pid: task.pid });
      }
    }
  }
}
