/**
 * Registers of a POWER thread.
 *
 * @module
 */
import { embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** General registers. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64RegsEntry extends Unknowns {
  readonly gpr: readonly bigint[];
  readonly nip: bigint;
  readonly msr: bigint;
  readonly orig_gpr3: bigint;
  readonly ctr: bigint;
  readonly link: bigint;
  readonly xer: bigint;
  readonly ccr: bigint;
  readonly trap: bigint;
  readonly texasr?: bigint;
  readonly tfhar?: bigint;
  readonly tfiar?: bigint;
}

/** The message type of {@link UserPpc64RegsEntry}. */
export const userPpc64RegsEntry: Message<UserPpc64RegsEntry> = message("user_ppc64_regs_entry", () => ({
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
}));

/** Floating point registers. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64FpstateEntry extends Unknowns {
  readonly fpregs: readonly bigint[];
}

/** The message type of {@link UserPpc64FpstateEntry}. */
export const userPpc64FpstateEntry: Message<UserPpc64FpstateEntry> = message("user_ppc64_fpstate_entry", () => ({
  fpregs: uint64(1, repeated),
}));

/** Altivec registers. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64VrstateEntry extends Unknowns {
  readonly vrregs: readonly bigint[];
  readonly vrsave: number;
}

/** The message type of {@link UserPpc64VrstateEntry}. */
export const userPpc64VrstateEntry: Message<UserPpc64VrstateEntry> = message("user_ppc64_vrstate_entry", () => ({
  vrregs: uint64(1, repeated),
  vrsave: uint32(2, required),
}));

/** VSX registers. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64VsxstateEntry extends Unknowns {
  readonly vsxregs: readonly bigint[];
}

/** The message type of {@link UserPpc64VsxstateEntry}. */
export const userPpc64VsxstateEntry: Message<UserPpc64VsxstateEntry> = message("user_ppc64_vsxstate_entry", () => ({
  vsxregs: uint64(1, repeated),
}));

/** Checkpointed registers of a transaction. (CRIU: images/core-ppc64.proto) */
export interface UserPpc64TmRegsEntry extends Unknowns {
  readonly gpregs: UserPpc64RegsEntry;
  readonly fpstate?: UserPpc64FpstateEntry;
  readonly vrstate?: UserPpc64VrstateEntry;
  readonly vsxstate?: UserPpc64VsxstateEntry;
}

/** The message type of {@link UserPpc64TmRegsEntry}. */
export const userPpc64TmRegsEntry: Message<UserPpc64TmRegsEntry> = message("user_ppc64_tm_regs_entry", () => ({
  gpregs: embedded(1, userPpc64RegsEntry, required),
  fpstate: embedded(2, userPpc64FpstateEntry),
  vrstate: embedded(3, userPpc64VrstateEntry),
  vsxstate: embedded(4, userPpc64VsxstateEntry),
}));

/** Registers of a POWER thread. (CRIU: images/core-ppc64.proto) */
export interface ThreadInfoPpc64 extends Unknowns {
  readonly clear_tid_addr: bigint;
  readonly gpregs: UserPpc64RegsEntry;
  readonly fpstate?: UserPpc64FpstateEntry;
  readonly vrstate?: UserPpc64VrstateEntry;
  readonly vsxstate?: UserPpc64VsxstateEntry;
  readonly tmstate?: UserPpc64TmRegsEntry;
}

/** The message type of {@link ThreadInfoPpc64}. */
export const threadInfoPpc64: Message<ThreadInfoPpc64> = message("thread_info_ppc64", () => ({
  clear_tid_addr: uint64(1, required),
  gpregs: embedded(2, userPpc64RegsEntry, required),
  fpstate: embedded(3, userPpc64FpstateEntry),
  vrstate: embedded(4, userPpc64VrstateEntry),
  vsxstate: embedded(5, userPpc64VsxstateEntry),
  tmstate: embedded(6, userPpc64TmRegsEntry),
}));
