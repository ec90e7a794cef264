/**
 * Registers of an IBM Z thread.
 *
 * @module
 */
import { embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** General and access registers. (CRIU: images/core-s390.proto) */
export interface UserS390RegsEntry extends Unknowns {
  readonly psw_mask: bigint;
  readonly psw_addr: bigint;
  readonly gprs: readonly bigint[];
  readonly acrs: readonly number[];
  readonly orig_gpr2: bigint;
  readonly system_call: number;
}

/** The message type of {@link UserS390RegsEntry}. */
export const userS390RegsEntry: Message<UserS390RegsEntry> = message("user_s390_regs_entry", () => ({
  psw_mask: uint64(1, required),
  psw_addr: uint64(2, required),
  gprs: uint64(3, repeated),
  acrs: uint32(4, repeated),
  orig_gpr2: uint64(5, required),
  system_call: uint32(6, required),
}));

/** Vector registers 0-15, lower halves. (CRIU: images/core-s390.proto) */
export interface UserS390VxrsLowEntry extends Unknowns {
  readonly regs: readonly bigint[];
}

/** The message type of {@link UserS390VxrsLowEntry}. */
export const userS390VxrsLowEntry: Message<UserS390VxrsLowEntry> = message("user_s390_vxrs_low_entry", () => ({
  regs: uint64(1, repeated),
}));

/** Vector registers 16-31. (CRIU: images/core-s390.proto) */
export interface UserS390VxrsHighEntry extends Unknowns {
  readonly regs: readonly bigint[];
}

/** The message type of {@link UserS390VxrsHighEntry}. */
export const userS390VxrsHighEntry: Message<UserS390VxrsHighEntry> = message("user_s390_vxrs_high_entry", () => ({
  regs: uint64(1, repeated),
}));

/** Floating point registers. (CRIU: images/core-s390.proto) */
export interface UserS390FpregsEntry extends Unknowns {
  readonly fpc: number;
  readonly fprs: readonly bigint[];
}

/** The message type of {@link UserS390FpregsEntry}. */
export const userS390FpregsEntry: Message<UserS390FpregsEntry> = message("user_s390_fpregs_entry", () => ({
  fpc: uint32(1, required),
  fprs: uint64(2, repeated),
}));

/** Guarded storage control block. (CRIU: images/core-s390.proto) */
export interface UserS390GsCbEntry extends Unknowns {
  readonly regs: readonly bigint[];
}

/** The message type of {@link UserS390GsCbEntry}. */
export const userS390GsCbEntry: Message<UserS390GsCbEntry> = message("user_s390_gs_cb_entry", () => ({
  regs: uint64(1, repeated),
}));

/** Runtime instrumentation control block. (CRIU: images/core-s390.proto) */
export interface UserS390RiEntry extends Unknowns {
  readonly ri_on: number;
  readonly regs: readonly bigint[];
}

/** The message type of {@link UserS390RiEntry}. */
export const userS390RiEntry: Message<UserS390RiEntry> = message("user_s390_ri_entry", () => ({
  ri_on: uint32(1, required),
  regs: uint64(2, repeated),
}));

/** Registers of an IBM Z thread. (CRIU: images/core-s390.proto) */
export interface ThreadInfoS390 extends Unknowns {
  readonly clear_tid_addr: bigint;
  readonly gpregs: UserS390RegsEntry;
  readonly fpregs: UserS390FpregsEntry;
  readonly vxrs_low?: UserS390VxrsLowEntry;
  readonly vxrs_high?: UserS390VxrsHighEntry;
  readonly gs_cb?: UserS390GsCbEntry;
  readonly gs_bc?: UserS390GsCbEntry;
  readonly ri_cb?: UserS390RiEntry;
}

/** The message type of {@link ThreadInfoS390}. */
export const threadInfoS390: Message<ThreadInfoS390> = message("thread_info_s390", () => ({
  clear_tid_addr: uint64(1, required),
  gpregs: embedded(2, userS390RegsEntry, required),
  fpregs: embedded(3, userS390FpregsEntry, required),
  vxrs_low: embedded(4, userS390VxrsLowEntry),
  vxrs_high: embedded(5, userS390VxrsHighEntry),
  gs_cb: embedded(6, userS390GsCbEntry),
  gs_bc: embedded(7, userS390GsCbEntry),
  ri_cb: embedded(8, userS390RiEntry),
}));
