/**
 * Registers of a MIPS thread.
 *
 * @module
 */
import { embedded, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function userMipsRegsEntryFields() {
  return {
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
  };
}
/** General registers. (CRIU: images/core-mips.proto) */
export interface UserMipsRegsEntry extends ValueOfFields<ReturnType<typeof userMipsRegsEntryFields>> {}
/** Type of {@link UserMipsRegsEntry}. */
export const userMipsRegsEntry: Message<UserMipsRegsEntry> = message("user_mips_regs_entry", userMipsRegsEntryFields);

function userMipsFpregsEntryFields() {
  return {
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
  };
}
/** Floating point registers. (CRIU: images/core-mips.proto) */
export interface UserMipsFpregsEntry extends ValueOfFields<ReturnType<typeof userMipsFpregsEntryFields>> {}
/** Type of {@link UserMipsFpregsEntry}. */
export const userMipsFpregsEntry: Message<UserMipsFpregsEntry> = message(
  "user_mips_fpregs_entry",
  userMipsFpregsEntryFields,
);

function threadInfoMipsFields() {
  return {
    clear_tid_addr: uint64(1, required),
    tls: uint64(2, required),
    gpregs: embedded(3, userMipsRegsEntry, required),
    fpregs: embedded(4, userMipsFpregsEntry, required),
  };
}
/** Registers of a MIPS thread. (CRIU: images/core-mips.proto) */
export interface ThreadInfoMips extends ValueOfFields<ReturnType<typeof threadInfoMipsFields>> {}
/** Type of {@link ThreadInfoMips}. */
export const threadInfoMips: Message<ThreadInfoMips> = message("thread_info_mips", threadInfoMipsFields);
