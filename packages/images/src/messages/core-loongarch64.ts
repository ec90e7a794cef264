/**
 * Registers of a LoongArch thread.
 *
 * @module
 */
import { embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** General registers. (CRIU: images/core-loongarch64.proto) */
export interface UserLoongarch64GpregsEntry extends Unknowns {
  readonly regs: readonly bigint[];
  readonly pc: bigint;
}

/** The message type of {@link UserLoongarch64GpregsEntry}. */
export const userLoongarch64GpregsEntry: Message<UserLoongarch64GpregsEntry> = message(
  "user_loongarch64_gpregs_entry",
  () => ({
    regs: uint64(1, repeated),
    pc: uint64(2, required),
  }),
);

/** Floating point registers. (CRIU: images/core-loongarch64.proto) */
export interface UserLoongarch64FpregsEntry extends Unknowns {
  readonly regs: readonly bigint[];
  readonly fcc: bigint;
  readonly fcsr: number;
}

/** The message type of {@link UserLoongarch64FpregsEntry}. */
export const userLoongarch64FpregsEntry: Message<UserLoongarch64FpregsEntry> = message(
  "user_loongarch64_fpregs_entry",
  () => ({
    regs: uint64(1, repeated),
    fcc: uint64(2, required),
    fcsr: uint32(3, required),
  }),
);

/** Registers of a LoongArch thread. (CRIU: images/core-loongarch64.proto) */
export interface ThreadInfoLoongarch64 extends Unknowns {
  readonly clear_tid_addr: bigint;
  readonly tls: bigint;
  readonly gpregs: UserLoongarch64GpregsEntry;
  readonly fpregs: UserLoongarch64FpregsEntry;
}

/** The message type of {@link ThreadInfoLoongarch64}. */
export const threadInfoLoongarch64: Message<ThreadInfoLoongarch64> = message("thread_info_loongarch64", () => ({
  clear_tid_addr: uint64(1, required),
  tls: uint64(2, required),
  gpregs: embedded(3, userLoongarch64GpregsEntry, required),
  fpregs: embedded(4, userLoongarch64FpregsEntry, required),
}));
