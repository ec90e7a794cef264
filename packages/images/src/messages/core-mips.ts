/**
 * Registers of a MIPS thread.
 *
 * @module
 */
import { embedded, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** General registers. (CRIU: images/core-mips.proto) */
export interface UserMipsRegsEntry extends Unknowns {
  readonly r0: bigint;
  readonly r1: bigint;
  readonly r2: bigint;
  readonly r3: bigint;
  readonly r4: bigint;
  readonly r5: bigint;
  readonly r6: bigint;
  readonly r7: bigint;
  readonly r8: bigint;
  readonly r9: bigint;
  readonly r10: bigint;
  readonly r11: bigint;
  readonly r12: bigint;
  readonly r13: bigint;
  readonly r14: bigint;
  readonly r15: bigint;
  readonly r16: bigint;
  readonly r17: bigint;
  readonly r18: bigint;
  readonly r19: bigint;
  readonly r20: bigint;
  readonly r21: bigint;
  readonly r22: bigint;
  readonly r23: bigint;
  readonly r24: bigint;
  readonly r25: bigint;
  readonly r26: bigint;
  readonly r27: bigint;
  readonly r28: bigint;
  readonly r29: bigint;
  readonly r30: bigint;
  readonly r31: bigint;
  readonly lo: bigint;
  readonly hi: bigint;
  readonly cp0_epc: bigint;
  readonly cp0_badvaddr: bigint;
  readonly cp0_status: bigint;
  readonly cp0_cause: bigint;
}

/** The message type of {@link UserMipsRegsEntry}. */
export const userMipsRegsEntry: Message<UserMipsRegsEntry> = message("user_mips_regs_entry", () => ({
  r0: uint64(1, required),
  r1: uint64(2, required),
  r2: uint64(3, required),
  r3: uint64(4, required),
  r4: uint64(5, required),
  r5: uint64(6, required),
  r6: uint64(7, required),
  r7: uint64(8, required),
  r8: uint64(9, required),
  r9: uint64(10, required),
  r10: uint64(11, required),
  r11: uint64(12, required),
  r12: uint64(13, required),
  r13: uint64(14, required),
  r14: uint64(15, required),
  r15: uint64(16, required),
  r16: uint64(17, required),
  r17: uint64(18, required),
  r18: uint64(19, required),
  r19: uint64(20, required),
  r20: uint64(21, required),
  r21: uint64(22, required),
  r22: uint64(23, required),
  r23: uint64(24, required),
  r24: uint64(25, required),
  r25: uint64(26, required),
  r26: uint64(27, required),
  r27: uint64(28, required),
  r28: uint64(29, required),
  r29: uint64(30, required),
  r30: uint64(31, required),
  r31: uint64(32, required),
  lo: uint64(33, required),
  hi: uint64(34, required),
  cp0_epc: uint64(35, required),
  cp0_badvaddr: uint64(36, required),
  cp0_status: uint64(37, required),
  cp0_cause: uint64(38, required),
}));

/** Floating point registers. (CRIU: images/core-mips.proto) */
export interface UserMipsFpregsEntry extends Unknowns {
  readonly r0: bigint;
  readonly r1: bigint;
  readonly r2: bigint;
  readonly r3: bigint;
  readonly r4: bigint;
  readonly r5: bigint;
  readonly r6: bigint;
  readonly r7: bigint;
  readonly r8: bigint;
  readonly r9: bigint;
  readonly r10: bigint;
  readonly r11: bigint;
  readonly r12: bigint;
  readonly r13: bigint;
  readonly r14: bigint;
  readonly r15: bigint;
  readonly r16: bigint;
  readonly r17: bigint;
  readonly r18: bigint;
  readonly r19: bigint;
  readonly r20: bigint;
  readonly r21: bigint;
  readonly r22: bigint;
  readonly r23: bigint;
  readonly r24: bigint;
  readonly r25: bigint;
  readonly r26: bigint;
  readonly r27: bigint;
  readonly r28: bigint;
  readonly r29: bigint;
  readonly r30: bigint;
  readonly r31: bigint;
  readonly lo: bigint;
  readonly hi: bigint;
  readonly fpu_fcr31: number;
  readonly fpu_id: number;
}

/** The message type of {@link UserMipsFpregsEntry}. */
export const userMipsFpregsEntry: Message<UserMipsFpregsEntry> = message("user_mips_fpregs_entry", () => ({
  r0: uint64(1, required),
  r1: uint64(2, required),
  r2: uint64(3, required),
  r3: uint64(4, required),
  r4: uint64(5, required),
  r5: uint64(6, required),
  r6: uint64(7, required),
  r7: uint64(8, required),
  r8: uint64(9, required),
  r9: uint64(10, required),
  r10: uint64(11, required),
  r11: uint64(12, required),
  r12: uint64(13, required),
  r13: uint64(14, required),
  r14: uint64(15, required),
  r15: uint64(16, required),
  r16: uint64(17, required),
  r17: uint64(18, required),
  r18: uint64(19, required),
  r19: uint64(20, required),
  r20: uint64(21, required),
  r21: uint64(22, required),
  r22: uint64(23, required),
  r23: uint64(24, required),
  r24: uint64(25, required),
  r25: uint64(26, required),
  r26: uint64(27, required),
  r27: uint64(28, required),
  r28: uint64(29, required),
  r29: uint64(30, required),
  r30: uint64(31, required),
  r31: uint64(32, required),
  lo: uint64(33, required),
  hi: uint64(34, required),
  fpu_fcr31: uint32(35, required),
  fpu_id: uint32(36, required),
}));

/** Registers of a MIPS thread. (CRIU: images/core-mips.proto) */
export interface ThreadInfoMips extends Unknowns {
  readonly clear_tid_addr: bigint;
  readonly tls: bigint;
  readonly gpregs: UserMipsRegsEntry;
  readonly fpregs: UserMipsFpregsEntry;
}

/** The message type of {@link ThreadInfoMips}. */
export const threadInfoMips: Message<ThreadInfoMips> = message("thread_info_mips", () => ({
  clear_tid_addr: uint64(1, required),
  tls: uint64(2, required),
  gpregs: embedded(3, userMipsRegsEntry, required),
  fpregs: embedded(4, userMipsFpregsEntry, required),
}));
