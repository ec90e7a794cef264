/**
 * Registers of a RISC-V thread.
 *
 * @module
 */
import { embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** General registers. (CRIU: images/core-riscv64.proto) */
export interface UserRiscv64RegsEntry extends Unknowns {
  readonly pc: bigint;
  readonly ra: bigint;
  readonly sp: bigint;
  readonly gp: bigint;
  readonly tp: bigint;
  readonly t0: bigint;
  readonly t1: bigint;
  readonly t2: bigint;
  readonly s0: bigint;
  readonly s1: bigint;
  readonly a0: bigint;
  readonly a1: bigint;
  readonly a2: bigint;
  readonly a3: bigint;
  readonly a4: bigint;
  readonly a5: bigint;
  readonly a6: bigint;
  readonly a7: bigint;
  readonly s2: bigint;
  readonly s3: bigint;
  readonly s4: bigint;
  readonly s5: bigint;
  readonly s6: bigint;
  readonly s7: bigint;
  readonly s8: bigint;
  readonly s9: bigint;
  readonly s10: bigint;
  readonly s11: bigint;
  readonly t3: bigint;
  readonly t4: bigint;
  readonly t5: bigint;
  readonly t6: bigint;
}

/** The message type of {@link UserRiscv64RegsEntry}. */
export const userRiscv64RegsEntry: Message<UserRiscv64RegsEntry> = message("user_riscv64_regs_entry", () => ({
  pc: uint64(1, required),
  ra: uint64(2, required),
  sp: uint64(3, required),
  gp: uint64(4, required),
  tp: uint64(5, required),
  t0: uint64(6, required),
  t1: uint64(7, required),
  t2: uint64(8, required),
  s0: uint64(9, required),
  s1: uint64(10, required),
  a0: uint64(11, required),
  a1: uint64(12, required),
  a2: uint64(13, required),
  a3: uint64(14, required),
  a4: uint64(15, required),
  a5: uint64(16, required),
  a6: uint64(17, required),
  a7: uint64(18, required),
  s2: uint64(19, required),
  s3: uint64(20, required),
  s4: uint64(21, required),
  s5: uint64(22, required),
  s6: uint64(23, required),
  s7: uint64(24, required),
  s8: uint64(25, required),
  s9: uint64(26, required),
  s10: uint64(27, required),
  s11: uint64(28, required),
  t3: uint64(29, required),
  t4: uint64(30, required),
  t5: uint64(31, required),
  t6: uint64(32, required),
}));

/** Floating point registers. (CRIU: images/core-riscv64.proto) */
export interface UserRiscv64DExtEntry extends Unknowns {
  readonly f: readonly bigint[];
  readonly fcsr: number;
}

/** The message type of {@link UserRiscv64DExtEntry}. */
export const userRiscv64DExtEntry: Message<UserRiscv64DExtEntry> = message("user_riscv64_d_ext_entry", () => ({
  f: uint64(1, repeated),
  fcsr: uint32(2, required),
}));

/** Registers of a RISC-V thread. (CRIU: images/core-riscv64.proto) */
export interface ThreadInfoRiscv64 extends Unknowns {
  readonly clear_tid_addr: bigint;
  readonly tls: bigint;
  readonly gpregs: UserRiscv64RegsEntry;
  readonly fpsimd: UserRiscv64DExtEntry;
}

/** The message type of {@link ThreadInfoRiscv64}. */
export const threadInfoRiscv64: Message<ThreadInfoRiscv64> = message("thread_info_riscv64", () => ({
  clear_tid_addr: uint64(1, required),
  tls: uint64(2, required),
  gpregs: embedded(3, userRiscv64RegsEntry, required),
  fpsimd: embedded(4, userRiscv64DExtEntry, required),
}));
