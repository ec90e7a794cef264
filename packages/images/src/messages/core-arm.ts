/**
 * Registers of an Arm thread, 32 and 64 bits.
 *
 * @module
 */
import { embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** General registers. (CRIU: images/core-arm.proto) */
export interface UserArmRegsEntry extends Unknowns {
  readonly r0: number;
  readonly r1: number;
  readonly r2: number;
  readonly r3: number;
  readonly r4: number;
  readonly r5: number;
  readonly r6: number;
  readonly r7: number;
  readonly r8: number;
  readonly r9: number;
  readonly r10: number;
  readonly fp: number;
  readonly ip: number;
  readonly sp: number;
  readonly lr: number;
  readonly pc: number;
  readonly cpsr: number;
  readonly orig_r0: number;
}

/** The message type of {@link UserArmRegsEntry}. */
export const userArmRegsEntry: Message<UserArmRegsEntry> = message("user_arm_regs_entry", () => ({
  r0: uint32(1, required),
  r1: uint32(2, required),
  r2: uint32(3, required),
  r3: uint32(4, required),
  r4: uint32(5, required),
  r5: uint32(6, required),
  r6: uint32(7, required),
  r7: uint32(8, required),
  r8: uint32(9, required),
  r9: uint32(10, required),
  r10: uint32(11, required),
  fp: uint32(12, required),
  ip: uint32(13, required),
  sp: uint32(14, required),
  lr: uint32(15, required),
  pc: uint32(16, required),
  cpsr: uint32(17, required),
  orig_r0: uint32(18, required),
}));

/** VFP registers. (CRIU: images/core-arm.proto) */
export interface UserArmVfpstateEntry extends Unknowns {
  readonly vfp_regs: readonly bigint[];
  readonly fpscr: number;
  readonly fpexc: number;
  readonly fpinst: number;
  readonly fpinst2: number;
}

/** The message type of {@link UserArmVfpstateEntry}. */
export const userArmVfpstateEntry: Message<UserArmVfpstateEntry> = message("user_arm_vfpstate_entry", () => ({
  vfp_regs: uint64(1, repeated),
  fpscr: uint32(2, required),
  fpexc: uint32(3, required),
  fpinst: uint32(4, required),
  fpinst2: uint32(5, required),
}));

/** Registers of a 32-bit Arm thread. (CRIU: images/core-arm.proto) */
export interface ThreadInfoArm extends Unknowns {
  readonly clear_tid_addr: bigint;
  readonly tls: number;
  readonly gpregs: UserArmRegsEntry;
  readonly fpstate: UserArmVfpstateEntry;
}

/** The message type of {@link ThreadInfoArm}. */
export const threadInfoArm: Message<ThreadInfoArm> = message("thread_info_arm", () => ({
  clear_tid_addr: uint64(1, required),
  tls: uint32(2, required),
  gpregs: embedded(3, userArmRegsEntry, required),
  fpstate: embedded(4, userArmVfpstateEntry, required),
}));

/** General registers. (CRIU: images/core-aarch64.proto) */
export interface UserAarch64RegsEntry extends Unknowns {
  readonly regs: readonly bigint[];
  readonly sp: bigint;
  readonly pc: bigint;
  readonly pstate: bigint;
}

/** The message type of {@link UserAarch64RegsEntry}. */
export const userAarch64RegsEntry: Message<UserAarch64RegsEntry> = message("user_aarch64_regs_entry", () => ({
  regs: uint64(1, repeated),
  sp: uint64(2, required),
  pc: uint64(3, required),
  pstate: uint64(4, required),
}));

/** Floating point and vector registers, two values per vector. (CRIU: images/core-aarch64.proto) */
export interface UserAarch64FpsimdContextEntry extends Unknowns {
  readonly vregs: readonly bigint[];
  readonly fpsr: number;
  readonly fpcr: number;
}

/** The message type of {@link UserAarch64FpsimdContextEntry}. */
export const userAarch64FpsimdContextEntry: Message<UserAarch64FpsimdContextEntry> = message(
  "user_aarch64_fpsimd_context_entry",
  () => ({
    vregs: uint64(1, repeated),
    fpsr: uint32(2, required),
    fpcr: uint32(3, required),
  }),
);

/** Pointer authentication keys for addresses. (CRIU: images/core-aarch64.proto) */
export interface PacAddressKeys extends Unknowns {
  readonly apiakey_lo: bigint;
  readonly apiakey_hi: bigint;
  readonly apibkey_lo: bigint;
  readonly apibkey_hi: bigint;
  readonly apdakey_lo: bigint;
  readonly apdakey_hi: bigint;
  readonly apdbkey_lo: bigint;
  readonly apdbkey_hi: bigint;
  readonly pac_enabled_key: bigint;
}

/** The message type of {@link PacAddressKeys}. */
export const pacAddressKeys: Message<PacAddressKeys> = message("pac_address_keys", () => ({
  apiakey_lo: uint64(1, required),
  apiakey_hi: uint64(2, required),
  apibkey_lo: uint64(3, required),
  apibkey_hi: uint64(4, required),
  apdakey_lo: uint64(5, required),
  apdakey_hi: uint64(6, required),
  apdbkey_lo: uint64(7, required),
  apdbkey_hi: uint64(8, required),
  pac_enabled_key: uint64(9, required),
}));

/** Generic pointer authentication key. (CRIU: images/core-aarch64.proto) */
export interface PacGenericKeys extends Unknowns {
  readonly apgakey_lo: bigint;
  readonly apgakey_hi: bigint;
}

/** The message type of {@link PacGenericKeys}. */
export const pacGenericKeys: Message<PacGenericKeys> = message("pac_generic_keys", () => ({
  apgakey_lo: uint64(1, required),
  apgakey_hi: uint64(2, required),
}));

/** Pointer authentication keys. (CRIU: images/core-aarch64.proto) */
export interface PacKeys extends Unknowns {
  readonly pac_address_keys?: PacAddressKeys;
  readonly pac_generic_keys?: PacGenericKeys;
}

/** The message type of {@link PacKeys}. */
export const pacKeys: Message<PacKeys> = message("pac_keys", () => ({
  pac_address_keys: embedded(6, pacAddressKeys),
  pac_generic_keys: embedded(7, pacGenericKeys),
}));

/** Registers of a 64-bit Arm thread. (CRIU: images/core-aarch64.proto) */
export interface ThreadInfoAarch64 extends Unknowns {
  readonly clear_tid_addr: bigint;
  readonly tls: bigint;
  readonly gpregs: UserAarch64RegsEntry;
  readonly fpsimd: UserAarch64FpsimdContextEntry;
  readonly pac_keys?: PacKeys;
}

/** The message type of {@link ThreadInfoAarch64}. */
export const threadInfoAarch64: Message<ThreadInfoAarch64> = message("thread_info_aarch64", () => ({
  clear_tid_addr: uint64(1, required),
  tls: uint64(2, required),
  gpregs: embedded(3, userAarch64RegsEntry, required),
  fpsimd: embedded(4, userAarch64FpsimdContextEntry, required),
  pac_keys: embedded(5, pacKeys),
}));
