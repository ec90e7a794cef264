import { definePlugin, type Plugin, type Thread } from "@restage/core";
import { encodeDispatch } from "../../attributes/thread-settings/format.ts";
import { encodeExtendedState, encodeGeneralRegisters } from "./format.ts";
import { checkProcessor } from "./processor.ts";
import { registersOf } from "./registers-of.ts";
import { encodeThreadArea } from "./thread-areas.ts";

/** Offset of rseq_cs in struct rseq. Source: include/uapi/linux/rseq.h. */
const RSEQ_CS = 8n;

/**
 * COMPLETE: segments of threads (TLS), general registers, extended state, signal mask. They are set through ptrace after the thread has made its last call, so its stack is not
 * touched and rt_sigreturn is not needed.
 */
export function registers(): Plugin {
  return definePlugin({
    name: "registers",
    duty: "registers",
    stages: { COMPLETE: "sets general registers, extended state and signal mask of every thread" },
    apply({ plan, stages }) {
      plan.tap("registers", checkProcessor);
      stages.COMPLETE.thread.tap("registers", (thread, { images }) => {
        const { dispatch } = images.own.thread(thread.tid) ?? {};
        const { gpregs, fpregs, tls } = registersOf(thread);
        thread.resumeWith({
          registers: encodeGeneralRegisters(gpregs),
          // A new thread has none.
          threadAreas: tls.filter(({ seg_not_present }) => !seg_not_present).map(encodeThreadArea),
          extendedState: encodeExtendedState(fpregs),
          signalMask: signalMask(thread),
          lastCalls: thread.lastCalls,
          pokes: criticalSection(thread),
          dispatch: dispatch && encodeDispatch(dispatch),
        });
      });
    },
  });
}

/** Older images keep the blocked signals of a leader with its process. */
function signalMask(thread: Thread): bigint {
  const own = thread.state.blk_sigset;
  return (thread.isLeader ? (thread.task.core.tc?.blk_sigset ?? own) : own) ?? 0n;
}

/** The restartable sequence that the thread is in. The kernel clears the pointer to it while the restorer's code runs. */
function criticalSection({ state: { rseq_entry: rseq } }: Thread): { address: bigint; value: bigint }[] {
  if (rseq?.rseq_cs_pointer === undefined || rseq.rseq_cs_pointer === 0n) return [];
  return [{ address: rseq.rseq_abi_pointer + RSEQ_CS, value: rseq.rseq_cs_pointer }];
}
