/**
 * User, UTS and PID namespaces.
 *
 * @module
 */
import { embedded, repeated, required, string, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** A line of `/proc/PID/uid_map` or `gid_map`. (CRIU: images/userns.proto) */
export interface UidGidExtent extends Unknowns {
  readonly first: number;
  readonly lower_first: number;
  readonly count: number;
}

/** The message type of {@link UidGidExtent}. */
export const uidGidExtent: Message<UidGidExtent> = message("uid_gid_extent", () => ({
  first: uint32(1, required),
  lower_first: uint32(2, required),
  count: uint32(3, required),
}));

/** Id maps of a user namespace. (CRIU: images/userns.proto) */
export interface UsernsEntry extends Unknowns {
  readonly uid_map: readonly UidGidExtent[];
  readonly gid_map: readonly UidGidExtent[];
}

/** The message type of {@link UsernsEntry}. */
export const usernsEntry: Message<UsernsEntry> = message("userns_entry", () => ({
  uid_map: embedded(1, uidGidExtent, repeated),
  gid_map: embedded(2, uidGidExtent, repeated),
}));

/** Names of a UTS namespace. (CRIU: images/utsns.proto) */
export interface UtsnsEntry extends Unknowns {
  readonly nodename: string;
  readonly domainname: string;
}

/** The message type of {@link UtsnsEntry}. */
export const utsnsEntry: Message<UtsnsEntry> = message("utsns_entry", () => ({
  nodename: string(1, required),
  domainname: string(2, required),
}));

/** A PID namespace. (CRIU: images/pidns.proto) */
export interface PidnsEntry extends Unknowns {
  readonly ext_key?: string;
}

/** The message type of {@link PidnsEntry}. */
export const pidnsEntry: Message<PidnsEntry> = message("pidns_entry", () => ({
  ext_key: string(1),
}));
