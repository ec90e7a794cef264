/**
 * Registers of an x86 thread.
 *
 * @module
 */
import { bool, embedded, enumeration, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Values of `user_x86_regs_entry.mode`: 64-bit or 32-bit task. */
export const userX86RegsMode = {
  NATIVE: 1,
  COMPAT: 2,
} as const;

function userX86RegsEntryFields() {
  return {
    r15: uint64(1, required),
    r14: uint64(2, required),
    r13: uint64(3, required),
    r12: uint64(4, required),
    bp: uint64(5, required),
    bx: uint64(6, required),
    r11: uint64(7, required),
    r10: uint64(8, required),
    r9: uint64(9, required),
    r8: uint64(10, required),
    ax: uint64(11, required),
    cx: uint64(12, required),
    dx: uint64(13, required),
    si: uint64(14, required),
    di: uint64(15, required),
    orig_ax: uint64(16, required),
    ip: uint64(17, required),
    cs: uint64(18, required),
    flags: uint64(19, required),
    sp: uint64(20, required),
    ss: uint64(21, required),
    fs_base: uint64(22, required),
    gs_base: uint64(23, required),
    ds: uint64(24, required),
    es: uint64(25, required),
    fs: uint64(26, required),
    gs: uint64(27, required),
    /** `NATIVE` when absent. */
    mode: enumeration(28),
  };
}
/** General registers, as in `user_regs_struct`. (CRIU: images/core-x86.proto) */
export interface UserX86RegsEntry extends ValueOfFields<ReturnType<typeof userX86RegsEntryFields>> {}
/** Type of {@link UserX86RegsEntry}. */
export const userX86RegsEntry: Message<UserX86RegsEntry> = message("user_x86_regs_entry", userX86RegsEntryFields);

function userX86CetEntryFields() {
  return {
    cet: uint64(1, required),
    ssp: uint64(2, required),
  };
}
/** Shadow stack state. (CRIU: images/core-x86.proto) */
export interface UserX86CetEntry extends ValueOfFields<ReturnType<typeof userX86CetEntryFields>> {}
/** Type of {@link UserX86CetEntry}. */
export const userX86CetEntry: Message<UserX86CetEntry> = message("user_x86_cet_entry", userX86CetEntryFields);

function userX86XsaveEntryFields() {
  return {
    xstate_bv: uint64(1, required),
    ymmh_space: uint32(2, repeated),
    bndreg_state: uint64(3, repeated),
    bndcsr_state: uint64(4, repeated),
    opmask_reg: uint64(5, repeated),
    zmm_upper: uint64(6, repeated),
    hi16_zmm: uint64(7, repeated),
    pkru: uint32(8, repeated),
    cet: embedded(9, userX86CetEntry),
  };
}
/** Extended state beyond SSE, by XSAVE component. (CRIU: images/core-x86.proto) */
export interface UserX86XsaveEntry extends ValueOfFields<ReturnType<typeof userX86XsaveEntryFields>> {}
/** Type of {@link UserX86XsaveEntry}. */
export const userX86XsaveEntry: Message<UserX86XsaveEntry> = message("user_x86_xsave_entry", userX86XsaveEntryFields);

function userX86FpregsEntryFields() {
  return {
    cwd: uint32(1, required),
    swd: uint32(2, required),
    twd: uint32(3, required),
    fop: uint32(4, required),
    rip: uint64(5, required),
    rdp: uint64(6, required),
    mxcsr: uint32(7, required),
    mxcsr_mask: uint32(8, required),
    st_space: uint32(9, repeated),
    xmm_space: uint32(10, repeated),
    padding: uint32(11, repeated),
    xsave: embedded(13, userX86XsaveEntry),
  };
}
/** Floating point and vector registers, as in an FXSAVE area. (CRIU: images/core-x86.proto) */
export interface UserX86FpregsEntry extends ValueOfFields<ReturnType<typeof userX86FpregsEntryFields>> {}
/** Type of {@link UserX86FpregsEntry}. */
export const userX86FpregsEntry: Message<UserX86FpregsEntry> = message(
  "user_x86_fpregs_entry",
  userX86FpregsEntryFields,
);

function userDescTFields() {
  return {
    entry_number: uint32(1, required),
    base_addr: uint32(2, required),
    limit: uint32(3, required),
    seg_32bit: bool(4, required),
    contents_h: bool(5, required),
    contents_l: bool(6, required),
    /** `true` when absent. */
    read_exec_only: bool(7, required),
    limit_in_pages: bool(8, required),
    /** `true` when absent. */
    seg_not_present: bool(9, required),
    usable: bool(10, required),
  };
}
/** A thread-local storage descriptor of a 32-bit task, as in `user_desc`. (CRIU: images/core-x86.proto) */
export interface UserDescT extends ValueOfFields<ReturnType<typeof userDescTFields>> {}
/** Type of {@link UserDescT}. */
export const userDescT: Message<UserDescT> = message("user_desc_t", userDescTFields);

function threadInfoX86Fields() {
  return {
    clear_tid_addr: uint64(1, required),
    gpregs: embedded(2, userX86RegsEntry, required),
    fpregs: embedded(3, userX86FpregsEntry, required),
    tls: embedded(4, userDescT, repeated),
  };
}
/** Registers of an x86 thread. (CRIU: images/core-x86.proto) */
export interface ThreadInfoX86 extends ValueOfFields<ReturnType<typeof threadInfoX86Fields>> {}
/** Type of {@link ThreadInfoX86}. */
export const threadInfoX86: Message<ThreadInfoX86> = message("thread_info_x86", threadInfoX86Fields);
