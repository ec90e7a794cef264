/**
 * Seccomp filters and AppArmor policies.
 *
 * @module
 */
import { bytes, embedded, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, UnknownField, Unknowns, unknownFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** A seccomp filter. (CRIU: images/seccomp.proto) */
export interface SeccompFilter extends Unknowns {
  /** A `sock_filter` array, 8 bytes each. */
  readonly filter: Uint8Array;
  /** Index of the next newer filter. */
  readonly prev?: number;
  readonly flags?: number;
}

/** The message type of {@link SeccompFilter}. */
export const seccompFilter: Message<SeccompFilter> = message("seccomp_filter", () => ({
  filter: bytes(1, required),
  prev: uint32(2),
  flags: uint32(3),
}));

/** All seccomp filters of the dump. (CRIU: images/seccomp.proto) */
export interface SeccompEntry extends Unknowns {
  readonly seccomp_filters: readonly SeccompFilter[];
}

/** The message type of {@link SeccompEntry}. */
export const seccompEntry: Message<SeccompEntry> = message("seccomp_entry", () => ({
  seccomp_filters: embedded(1, seccompFilter, repeated),
}));

/** An AppArmor policy. (CRIU: images/apparmor.proto) */
export interface AaPolicy extends Unknowns {
  readonly name: string;
  readonly blob: Uint8Array;
}

/** The message type of {@link AaPolicy}. */
export const aaPolicy: Message<AaPolicy> = message("aa_policy", () => ({
  name: string(1, required),
  blob: bytes(2, required),
}));

/** An AppArmor namespace. (CRIU: images/apparmor.proto) */
export interface AaNamespace {
  readonly name: string;
  readonly policies: readonly AaPolicy[];
  readonly namespaces: readonly AaNamespace[];
  readonly [unknownFields]?: readonly UnknownField[];
}

/** The message type of {@link AaNamespace}, which is recursive. */
export const aaNamespace: Message<AaNamespace> = message("aa_namespace", () => ({
  name: string(1, required),
  policies: embedded(2, aaPolicy, repeated),
  namespaces: embedded(3, aaNamespace, repeated),
}));

/** AppArmor namespaces of the dump. (CRIU: images/apparmor.proto) */
export interface ApparmorEntry extends Unknowns {
  readonly namespaces: readonly AaNamespace[];
}

/** The message type of {@link ApparmorEntry}. */
export const apparmorEntry: Message<ApparmorEntry> = message("apparmor_entry", () => ({
  namespaces: embedded(1, aaNamespace, repeated),
}));
