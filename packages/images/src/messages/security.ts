/**
 * Seccomp filters and AppArmor policies.
 *
 * @module
 */
import { bytes, embedded, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, UnknownField, unknownFields, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function seccompFilterFields() {
  return {
    /** A `sock_filter` array, 8 bytes each. */
    filter: bytes(1, required),
    /** Index of the next newer filter. */
    prev: uint32(2),
    flags: uint32(3),
  };
}
/** A seccomp filter. (CRIU: images/seccomp.proto) */
export interface SeccompFilter extends ValueOfFields<ReturnType<typeof seccompFilterFields>> {}
/** Type of {@link SeccompFilter}. */
export const seccompFilter: Message<SeccompFilter> = message("seccomp_filter", seccompFilterFields);

function seccompEntryFields() {
  return {
    seccomp_filters: embedded(1, seccompFilter, repeated),
  };
}
/** All seccomp filters of the dump. (CRIU: images/seccomp.proto) */
export interface SeccompEntry extends ValueOfFields<ReturnType<typeof seccompEntryFields>> {}
/** Type of {@link SeccompEntry}. */
export const seccompEntry: Message<SeccompEntry> = message("seccomp_entry", seccompEntryFields);

function aaPolicyFields() {
  return {
    name: string(1, required),
    blob: bytes(2, required),
  };
}
/** An AppArmor policy. (CRIU: images/apparmor.proto) */
export interface AaPolicy extends ValueOfFields<ReturnType<typeof aaPolicyFields>> {}
/** Type of {@link AaPolicy}. */
export const aaPolicy: Message<AaPolicy> = message("aa_policy", aaPolicyFields);

/** An AppArmor namespace. (CRIU: images/apparmor.proto) */
export interface AaNamespace {
  readonly name: string;
  readonly policies: readonly AaPolicy[];
  readonly namespaces: readonly AaNamespace[];
  readonly [unknownFields]?: readonly UnknownField[];
}

/** Type of {@link AaNamespace}, which contains itself. */
export const aaNamespace: Message<AaNamespace> = message("aa_namespace", () => ({
  name: string(1, required),
  policies: embedded(2, aaPolicy, repeated),
  namespaces: embedded(3, aaNamespace, repeated),
}));

function apparmorEntryFields() {
  return {
    namespaces: embedded(1, aaNamespace, repeated),
  };
}
/** AppArmor namespaces of the dump. (CRIU: images/apparmor.proto) */
export interface ApparmorEntry extends ValueOfFields<ReturnType<typeof apparmorEntryFields>> {}
/** Type of {@link ApparmorEntry}. */
export const apparmorEntry: Message<ApparmorEntry> = message("apparmor_entry", apparmorEntryFields);
