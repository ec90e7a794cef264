/**
 * Registers of an Arm thread, 32 and 64 bits.
 *
 * @module
 */
import { embedded, repeated, required, uint32, uint64 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function userArmRegsEntryFields() {
  return {
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
  };
}
/** General registers. (CRIU: images/core-arm.proto) */
export interface UserArmRegsEntry extends ValueOfFields<ReturnType<typeof userArmRegsEntryFields>> {}
/** Type of {@link UserArmRegsEntry}. */
export const userArmRegsEntry: Message<UserArmRegsEntry> = message("user_arm_regs_entry", userArmRegsEntryFields);

function userArmVfpstateEntryFields() {
  return {
    vfp_regs: uint64(1, repeated),
    fpscr: uint32(2, required),
    fpexc: uint32(3, required),
    fpinst: uint32(4, required),
    fpinst2: uint32(5, required),
  };
}
/** VFP registers. (CRIU: images/core-arm.proto) */
export interface UserArmVfpstateEntry extends ValueOfFields<ReturnType<typeof userArmVfpstateEntryFields>> {}
/** Type of {@link UserArmVfpstateEntry}. */
export const userArmVfpstateEntry: Message<UserArmVfpstateEntry> = message(
  "user_arm_vfpstate_entry",
  userArmVfpstateEntryFields,
);

function threadInfoArmFields() {
  return {
    clear_tid_addr: uint64(1, required),
    tls: uint32(2, required),
    gpregs: embedded(3, userArmRegsEntry, required),
    fpstate: embedded(4, userArmVfpstateEntry, required),
  };
}
/** Registers of a 32-bit Arm thread. (CRIU: images/core-arm.proto) */
export interface ThreadInfoArm extends ValueOfFields<ReturnType<typeof threadInfoArmFields>> {}
/** Type of {@link ThreadInfoArm}. */
export const threadInfoArm: Message<ThreadInfoArm> = message("thread_info_arm", threadInfoArmFields);

function userAarch64RegsEntryFields() {
  return {
    regs: uint64(1, repeated),
    sp: uint64(2, required),
    pc: uint64(3, required),
    pstate: uint64(4, required),
  };
}
/** General registers. (CRIU: images/core-aarch64.proto) */
export interface UserAarch64RegsEntry extends ValueOfFields<ReturnType<typeof userAarch64RegsEntryFields>> {}
/** Type of {@link UserAarch64RegsEntry}. */
export const userAarch64RegsEntry: Message<UserAarch64RegsEntry> = message(
  "user_aarch64_regs_entry",
  userAarch64RegsEntryFields,
);

function userAarch64FpsimdContextEntryFields() {
  return {
    vregs: uint64(1, repeated),
    fpsr: uint32(2, required),
    fpcr: uint32(3, required),
  };
}
/** Floating point and vector registers, two values per vector. (CRIU: images/core-aarch64.proto) */
export interface UserAarch64FpsimdContextEntry
  extends ValueOfFields<ReturnType<typeof userAarch64FpsimdContextEntryFields>> {}
/** Type of {@link UserAarch64FpsimdContextEntry}. */
export const userAarch64FpsimdContextEntry: Message<UserAarch64FpsimdContextEntry> = message(
  "user_aarch64_fpsimd_context_entry",
  userAarch64FpsimdContextEntryFields,
);

function pacAddressKeysFields() {
  return {
    apiakey_lo: uint64(1, required),
    apiakey_hi: uint64(2, required),
    apibkey_lo: uint64(3, required),
    apibkey_hi: uint64(4, required),
    apdakey_lo: uint64(5, required),
    apdakey_hi: uint64(6, required),
    apdbkey_lo: uint64(7, required),
    apdbkey_hi: uint64(8, required),
    pac_enabled_key: uint64(9, required),
  };
}
/** Pointer authentication keys for addresses. (CRIU: images/core-aarch64.proto) */
export interface PacAddressKeys extends ValueOfFields<ReturnType<typeof pacAddressKeysFields>> {}
/** Type of {@link PacAddressKeys}. */
export const pacAddressKeys: Message<PacAddressKeys> = message("pac_address_keys", pacAddressKeysFields);

function pacGenericKeysFields() {
  return {
    apgakey_lo: uint64(1, required),
    apgakey_hi: uint64(2, required),
  };
}
/** Generic pointer authentication key. (CRIU: images/core-aarch64.proto) */
export interface PacGenericKeys extends ValueOfFields<ReturnType<typeof pacGenericKeysFields>> {}
/** Type of {@link PacGenericKeys}. */
export const pacGenericKeys: Message<PacGenericKeys> = message("pac_generic_keys", pacGenericKeysFields);

function pacKeysFields() {
  return {
    pac_address_keys: embedded(6, pacAddressKeys),
    pac_generic_keys: embedded(7, pacGenericKeys),
  };
}
/** Pointer authentication keys. (CRIU: images/core-aarch64.proto) */
export interface PacKeys extends ValueOfFields<ReturnType<typeof pacKeysFields>> {}
/** Type of {@link PacKeys}. */
export const pacKeys: Message<PacKeys> = message("pac_keys", pacKeysFields);

function threadInfoAarch64Fields() {
  return {
    clear_tid_addr: uint64(1, required),
    tls: uint64(2, required),
    gpregs: embedded(3, userAarch64RegsEntry, required),
    fpsimd: embedded(4, userAarch64FpsimdContextEntry, required),
    pac_keys: embedded(5, pacKeys),
  };
}
/** Registers of a 64-bit Arm thread. (CRIU: images/core-aarch64.proto) */
export interface ThreadInfoAarch64 extends ValueOfFields<ReturnType<typeof threadInfoAarch64Fields>> {}
/** Type of {@link ThreadInfoAarch64}. */
export const threadInfoAarch64: Message<ThreadInfoAarch64> = message("thread_info_aarch64", threadInfoAarch64Fields);
