/**
 * Registers of a POWER thread.
 *
 * @module
 */
import { embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function userPpc64RegsEntryFields() {
  return {
    gpr: uint64(1, repeated),
    nip: uint64(2, required),
    msr: uint64(3, required),
    orig_gpr3: uint64(4, required),
    ctr: uint64(5, required),
    link: uint64(6, required),
    xer: uint64(7, required),
    ccr: uint64(8, required),
    trap: uint64(9, required),
    texasr: uint64(10),
    tfhar: uint64(11),
    tfiar: uint64(12),
  };
}
/** General registers. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64RegsEntry extends ValueOfFields<ReturnType<typeof userPpc64RegsEntryFields>> {}
/** Type of {@link UserPpc64RegsEntry}. */
export const userPpc64RegsEntry: Message<UserPpc64RegsEntry> = message(
  "user_ppc64_regs_entry",
  userPpc64RegsEntryFields,
);

function userPpc64FpstateEntryFields() {
  return {
    fpregs: uint64(1, repeated),
  };
}
/** Floating point registers. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64FpstateEntry extends ValueOfFields<ReturnType<typeof userPpc64FpstateEntryFields>> {}
/** Type of {@link UserPpc64FpstateEntry}. */
export const userPpc64FpstateEntry: Message<UserPpc64FpstateEntry> = message(
  "user_ppc64_fpstate_entry",
  userPpc64FpstateEntryFields,
);

function userPpc64VrstateEntryFields() {
  return {
    vrregs: uint64(1, repeated),
    vrsave: uint32(2, required),
  };
}
/** Altivec registers. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64VrstateEntry extends ValueOfFields<ReturnType<typeof userPpc64VrstateEntryFields>> {}
/** Type of {@link UserPpc64VrstateEntry}. */
export const userPpc64VrstateEntry: Message<UserPpc64VrstateEntry> = message(
  "user_ppc64_vrstate_entry",
  userPpc64VrstateEntryFields,
);

function userPpc64VsxstateEntryFields() {
  return {
    vsxregs: uint64(1, repeated),
  };
}
/** VSX registers. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64VsxstateEntry extends ValueOfFields<ReturnType<typeof userPpc64VsxstateEntryFields>> {}
/** Type of {@link UserPpc64VsxstateEntry}. */
export const userPpc64VsxstateEntry: Message<UserPpc64VsxstateEntry> = message(
  "user_ppc64_vsxstate_entry",
  userPpc64VsxstateEntryFields,
);

function userPpc64TmRegsEntryFields() {
  return {
    gpregs: embedded(1, userPpc64RegsEntry, required),
    fpstate: embedded(2, userPpc64FpstateEntry),
    vrstate: embedded(3, userPpc64VrstateEntry),
    vsxstate: embedded(4, userPpc64VsxstateEntry),
  };
}
/** Checkpointed registers of a transaction. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64TmRegsEntry extends ValueOfFields<ReturnType<typeof userPpc64TmRegsEntryFields>> {}
/** Type of {@link UserPpc64TmRegsEntry}. */
export const userPpc64TmRegsEntry: Message<UserPpc64TmRegsEntry> = message(
  "user_ppc64_tm_regs_entry",
  userPpc64TmRegsEntryFields,
);

function threadInfoPpc64Fields() {
  return {
    clear_tid_addr: uint64(1, required),
    gpregs: embedded(2, userPpc64RegsEntry, required),
    fpstate: embedded(3, userPpc64FpstateEntry),
    vrstate: embedded(4, userPpc64VrstateEntry),
    vsxstate: embedded(5, userPpc64VsxstateEntry),
    tmstate: embedded(6, userPpc64TmRegsEntry),
  };
}
/** Registers of a POWER thread. (CRIU: images/core-ppc64.proto) */
export interface ThreadInfoPpc64 extends ValueOfFields<ReturnType<typeof threadInfoPpc64Fields>> {}
/** Type of {@link ThreadInfoPpc64}. */
export const threadInfoPpc64: Message<ThreadInfoPpc64> = message("thread_info_ppc64", threadInfoPpc64Fields);
