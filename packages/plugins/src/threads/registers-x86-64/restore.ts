import { definePlugin, type Plugin, type Thread } from "@restage/core";
import type { UserX86FpregsEntry, UserX86RegsEntry, UserX86XsaveEntry } from "@restage/images";
import type { ExtendedState } from "@restage/linux";
import { USER_REGS, USER_REGS_SIZE } from "@restage/linux/abi";
import { registersOf } from "../restore.ts";
import { checkProcessor } from "./processor.ts";

/**
 * COMPLETE: general registers, extended state, signal mask. Set from outside when the thread has made its last call: no frame on its
 * stack, no rt_sigreturn.
 */
export function registers(): Plugin {
  return definePlugin({
    name: "registers",
    duty: "registers",
    stages: { COMPLETE: "general registers, extended state, signal mask of every thread" },
    apply({ plan, stages }) {
      plan.tap("registers", checkProcessor);
      stages.COMPLETE.thread.tap("registers", (thread) => {
        const { gpregs, fpregs } = registersOf(thread);
        const rseq = thread.state.rseq_entry;
        // The kernel has cleared it, since the restorer's code is in no critical section.
        const critical = rseq?.rseq_cs_pointer;
        const RSEQ_CS = 8n;
        thread.resumeWith({
          registers: generalRegisters(gpregs),
          extendedState: extendedState(fpregs),
          signalMask: signalMask(thread),
          lastCalls: thread.lastCalls,
          pokes:
            rseq === undefined || critical === undefined || critical === 0n
              ? []
              : [{ address: rseq.rseq_abi_pointer + RSEQ_CS, value: critical }],
        });
      });
    },
  });
}

/** The blocked signals of a leader are its process's in older images. */
function signalMask(thread: Thread): bigint {
  const own = thread.state.blk_sigset;
  return (thread.isLeader ? (thread.task.core.tc?.blk_sigset ?? own) : own) ?? 0n;
}

/** struct user_regs_struct. orig_ax is -1: the image's restart of an interrupted call is already in ax and ip. */
export function generalRegisters(gpregs: UserX86RegsEntry): Uint8Array {
  const registers = new Uint8Array(USER_REGS_SIZE);
  const view = new DataView(registers.buffer);
  USER_REGS.forEach((name, index) => {
    view.setBigUint64(index * 8, name === "orig_ax" ? 0xffff_ffff_ffff_ffffn : gpregs[name], true);
  });
  return registers;
}

/** The FXSAVE area and the XSAVE components that were in use. Source of the layout: Intel SDM volume 1, 10.5 and 13.4. */
export function extendedState(fpregs: UserX86FpregsEntry): ExtendedState {
  const legacy = new Uint8Array(512);
  const view = new DataView(legacy.buffer);
  view.setUint16(0, fpregs.cwd, true);
  view.setUint16(2, fpregs.swd, true);
  view.setUint16(4, fpregs.twd, true);
  view.setUint16(6, fpregs.fop, true);
  view.setBigUint64(8, fpregs.rip, true);
  view.setBigUint64(16, fpregs.rdp, true);
  view.setUint32(24, fpregs.mxcsr, true);
  view.setUint32(28, fpregs.mxcsr_mask, true);
  legacy.set(bytesOf(Uint32Array.from(fpregs.st_space)), 32);
  legacy.set(bytesOf(Uint32Array.from(fpregs.xmm_space)), 160);
  return { legacy, components: fpregs.xsave === undefined ? [] : components(fpregs.xsave) };
}

function components(xsave: UserX86XsaveEntry): ExtendedState["components"] {
  const all = [
    { number: 2, bytes: bytesOf(Uint32Array.from(xsave.ymmh_space)) },
    { number: 3, bytes: bytesOf(BigUint64Array.from(xsave.bndreg_state)) },
    { number: 4, bytes: bytesOf(BigUint64Array.from(xsave.bndcsr_state)) },
    { number: 5, bytes: bytesOf(BigUint64Array.from(xsave.opmask_reg)) },
    { number: 6, bytes: bytesOf(BigUint64Array.from(xsave.zmm_upper)) },
    { number: 7, bytes: bytesOf(BigUint64Array.from(xsave.hi16_zmm)) },
    { number: 9, bytes: bytesOf(Uint32Array.from(xsave.pkru)) },
  ];
  return all.filter(({ number, bytes }) => bytes.length > 0 && ((xsave.xstate_bv >> BigInt(number)) & 1n) === 1n);
}

function bytesOf(array: Uint32Array | BigUint64Array): Uint8Array {
  return new Uint8Array(array.buffer);
}
