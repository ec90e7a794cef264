/**
 * Registers of an IBM Z thread.
 *
 * @module
 */
import { embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function userS390RegsEntryFields() {
  return {
    psw_mask: uint64(1, required),
    psw_addr: uint64(2, required),
    gprs: uint64(3, repeated),
    acrs: uint32(4, repeated),
    orig_gpr2: uint64(5, required),
    system_call: uint32(6, required),
  };
}
/** General and access registers. (CRIU: images/core-s390.proto) */
export interface UserS390RegsEntry extends ValueOfFields<ReturnType<typeof userS390RegsEntryFields>> {}
/** Type of {@link UserS390RegsEntry}. */
export const userS390RegsEntry: Message<UserS390RegsEntry> = message("user_s390_regs_entry", userS390RegsEntryFields);

function userS390VxrsLowEntryFields() {
  return {
    regs: uint64(1, repeated),
  };
}
/** Vector registers 0-15, lower halves. (CRIU: images/core-s390.proto) */
export interface UserS390VxrsLowEntry extends ValueOfFields<ReturnType<typeof userS390VxrsLowEntryFields>> {}
/** Type of {@link UserS390VxrsLowEntry}. */
export const userS390VxrsLowEntry: Message<UserS390VxrsLowEntry> = message(
  "user_s390_vxrs_low_entry",
  userS390VxrsLowEntryFields,
);

function userS390VxrsHighEntryFields() {
  return {
    regs: uint64(1, repeated),
  };
}
/** Vector registers 16-31. (CRIU: images/core-s390.proto) */
export interface UserS390VxrsHighEntry extends ValueOfFields<ReturnType<typeof userS390VxrsHighEntryFields>> {}
/** Type of {@link UserS390VxrsHighEntry}. */
export const userS390VxrsHighEntry: Message<UserS390VxrsHighEntry> = message(
  "user_s390_vxrs_high_entry",
  userS390VxrsHighEntryFields,
);

function userS390FpregsEntryFields() {
  return {
    fpc: uint32(1, required),
    fprs: uint64(2, repeated),
  };
}
/** Floating point registers. (CRIU: images/core-s390.proto) */
export interface UserS390FpregsEntry extends ValueOfFields<ReturnType<typeof userS390FpregsEntryFields>> {}
/** Type of {@link UserS390FpregsEntry}. */
export const userS390FpregsEntry: Message<UserS390FpregsEntry> = message(
  "user_s390_fpregs_entry",
  userS390FpregsEntryFields,
);

function userS390GsCbEntryFields() {
  return {
    regs: uint64(1, repeated),
  };
}
/** Guarded storage control block. (CRIU: images/core-s390.proto) */
export interface UserS390GsCbEntry extends ValueOfFields<ReturnType<typeof userS390GsCbEntryFields>> {}
/** Type of {@link UserS390GsCbEntry}. */
export const userS390GsCbEntry: Message<UserS390GsCbEntry> = message("user_s390_gs_cb_entry", userS390GsCbEntryFields);

function userS390RiEntryFields() {
  return {
    ri_on: uint32(1, required),
    regs: uint64(2, repeated),
  };
}
/** Runtime instrumentation control block. (CRIU: images/core-s390.proto) */
export interface UserS390RiEntry extends ValueOfFields<ReturnType<typeof userS390RiEntryFields>> {}
/** Type of {@link UserS390RiEntry}. */
export const userS390RiEntry: Message<UserS390RiEntry> = message("user_s390_ri_entry", userS390RiEntryFields);

function threadInfoS390Fields() {
  return {
    clear_tid_addr: uint64(1, required),
    gpregs: embedded(2, userS390RegsEntry, required),
    fpregs: embedded(3, userS390FpregsEntry, required),
    vxrs_low: embedded(4, userS390VxrsLowEntry),
    vxrs_high: embedded(5, userS390VxrsHighEntry),
    gs_cb: embedded(6, userS390GsCbEntry),
    gs_bc: embedded(7, userS390GsCbEntry),
    ri_cb: embedded(8, userS390RiEntry),
  };
}
/** Registers of an IBM Z thread. (CRIU: images/core-s390.proto) */
export interface ThreadInfoS390 extends ValueOfFields<ReturnType<typeof threadInfoS390Fields>> {}
/** Type of {@link ThreadInfoS390}. */
export const threadInfoS390: Message<ThreadInfoS390> = message("thread_info_s390", threadInfoS390Fields);
