/**
 * User, UTS and PID namespaces.
 *
 * @module
 */
import { embedded, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function uidGidExtentFields() {
  return {
    first: uint32(1, required),
    lower_first: uint32(2, required),
    count: uint32(3, required),
  };
}
/** A line of `/proc/PID/uid_map` or `gid_map`. (CRIU: images/userns.proto) */
export interface UidGidExtent extends ValueOfFields<ReturnType<typeof uidGidExtentFields>> {}
/** Type of {@link UidGidExtent}. */
export const uidGidExtent: Message<UidGidExtent> = message("uid_gid_extent", uidGidExtentFields);

function usernsEntryFields() {
  return {
    uid_map: embedded(1, uidGidExtent, repeated),
    gid_map: embedded(2, uidGidExtent, repeated),
  };
}
/** Id maps of a user namespace. (CRIU: images/userns.proto) */
export interface UsernsEntry extends ValueOfFields<ReturnType<typeof usernsEntryFields>> {}
/** Type of {@link UsernsEntry}. */
export const usernsEntry: Message<UsernsEntry> = message("userns_entry", usernsEntryFields);

function utsnsEntryFields() {
  return {
    nodename: string(1, required),
    domainname: string(2, required),
  };
}
/** Names of a UTS namespace. (CRIU: images/utsns.proto) */
export interface UtsnsEntry extends ValueOfFields<ReturnType<typeof utsnsEntryFields>> {}
/** Type of {@link UtsnsEntry}. */
export const utsnsEntry: Message<UtsnsEntry> = message("utsns_entry", utsnsEntryFields);

function pidnsEntryFields() {
  return {
    ext_key: string(1),
  };
}
/** A PID namespace. (CRIU: images/pidns.proto) */
export interface PidnsEntry extends ValueOfFields<ReturnType<typeof pidnsEntryFields>> {}
/** Type of {@link PidnsEntry}. */
export const pidnsEntry: Message<PidnsEntry> = message("pidns_entry", pidnsEntryFields);
