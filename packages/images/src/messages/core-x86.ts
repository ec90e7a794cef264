/**
 * Registers of an x86 thread.
 *
 * @module
 */
import { bool, embedded, enumeration, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Values of `user_x86_regs_entry.mode`: 64-bit or 32-bit task. */
export const userX86RegsMode = {
  NATIVE: 1,
  COMPAT: 2,
} as const;

/** General registers, as in `user_regs_struct`. (CRIU: images/core-x86.proto) */
export interface UserX86RegsEntry extends Unknowns {
  readonly r15: bigint;
  readonly r14: bigint;
  readonly r13: bigint;
  readonly r12: bigint;
  readonly bp: bigint;
  readonly bx: bigint;
  readonly r11: bigint;
  readonly r10: bigint;
  readonly r9: bigint;
  readonly r8: bigint;
  readonly ax: bigint;
  readonly cx: bigint;
  readonly dx: bigint;
  readonly si: bigint;
  readonly di: bigint;
  readonly orig_ax: bigint;
  readonly ip: bigint;
  readonly cs: bigint;
  readonly flags: bigint;
  readonly sp: bigint;
  readonly ss: bigint;
  readonly fs_base: bigint;
  readonly gs_base: bigint;
  readonly ds: bigint;
  readonly es: bigint;
  readonly fs: bigint;
  readonly gs: bigint;
  /** `NATIVE` when absent. */
  readonly mode?: number;
}

/** The message type of {@link UserX86RegsEntry}. */
export const userX86RegsEntry: Message<UserX86RegsEntry> = message("user_x86_regs_entry", () => ({
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
  mode: enumeration(28),
}));

/** Shadow stack state. (CRIU: images/core-x86.proto) */
export interface UserX86CetEntry extends Unknowns {
  readonly cet: bigint;
  readonly ssp: bigint;
}

/** The message type of {@link UserX86CetEntry}. */
export const userX86CetEntry: Message<UserX86CetEntry> = message("user_x86_cet_entry", () => ({
  cet: uint64(1, required),
  ssp: uint64(2, required),
}));

/** Extended state beyond SSE, by XSAVE component. (CRIU: images/core-x86.proto) */
export interface UserX86XsaveEntry extends Unknowns {
  readonly xstate_bv: bigint;
  readonly ymmh_space: readonly number[];
  readonly bndreg_state: readonly bigint[];
  readonly bndcsr_state: readonly bigint[];
  readonly opmask_reg: readonly bigint[];
  readonly zmm_upper: readonly bigint[];
  readonly hi16_zmm: readonly bigint[];
  readonly pkru: readonly number[];
  readonly cet?: UserX86CetEntry;
}

/** The message type of {@link UserX86XsaveEntry}. */
export const userX86XsaveEntry: Message<UserX86XsaveEntry> = message("user_x86_xsave_entry", () => ({
  xstate_bv: uint64(1, required),
  ymmh_space: uint32(2, repeated),
  bndreg_state: uint64(3, repeated),
  bndcsr_state: uint64(4, repeated),
  opmask_reg: uint64(5, repeated),
  zmm_upper: uint64(6, repeated),
  hi16_zmm: uint64(7, repeated),
  pkru: uint32(8, repeated),
  cet: embedded(9, userX86CetEntry),
}));

/** Floating point and vector registers, as in an FXSAVE area. (CRIU: images/core-x86.proto) */
export interface UserX86FpregsEntry extends Unknowns {
  readonly cwd: number;
  readonly swd: number;
  readonly twd: number;
  readonly fop: number;
  readonly rip: bigint;
  readonly rdp: bigint;
  readonly mxcsr: number;
  readonly mxcsr_mask: number;
  readonly st_space: readonly number[];
  readonly xmm_space: readonly number[];
  readonly padding: readonly number[];
  readonly xsave?: UserX86XsaveEntry;
}

/** The message type of {@link UserX86FpregsEntry}. */
export const userX86FpregsEntry: Message<UserX86FpregsEntry> = message("user_x86_fpregs_entry", () => ({
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
}));

/** A thread-local storage descriptor of a 32-bit task, as in `user_desc`. (CRIU: images/core-x86.proto) */
export interface UserDescT extends Unknowns {
  readonly entry_number: number;
  readonly base_addr: number;
  readonly limit: number;
  readonly seg_32bit: boolean;
  readonly contents_h: boolean;
  readonly contents_l: boolean;
  /** `true` when absent. */
  readonly read_exec_only: boolean;
  readonly limit_in_pages: boolean;
  /** `true` when absent. */
  readonly seg_not_present: boolean;
  readonly usable: boolean;
}

/** The message type of {@link UserDescT}. */
export const userDescT: Message<UserDescT> = message("user_desc_t", () => ({
  entry_number: uint32(1, required),
  base_addr: uint32(2, required),
  limit: uint32(3, required),
  seg_32bit: bool(4, required),
  contents_h: bool(5, required),
  contents_l: bool(6, required),
  read_exec_only: bool(7, required),
  limit_in_pages: bool(8, required),
  seg_not_present: bool(9, required),
  usable: bool(10, required),
}));

/** Registers of an x86 thread. (CRIU: images/core-x86.proto) */
export interface ThreadInfoX86 extends Unknowns {
  readonly clear_tid_addr: bigint;
  readonly gpregs: UserX86RegsEntry;
  readonly fpregs: UserX86FpregsEntry;
  readonly tls: readonly UserDescT[];
}

/** The message type of {@link ThreadInfoX86}. */
export const threadInfoX86: Message<ThreadInfoX86> = message("thread_info_x86", () => ({
  clear_tid_addr: uint64(1, required),
  gpregs: embedded(2, userX86RegsEntry, required),
  fpregs: embedded(3, userX86FpregsEntry, required),
  tls: embedded(4, userDescT, repeated),
}));
