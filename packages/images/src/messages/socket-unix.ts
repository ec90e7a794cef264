/**
 * Unix sockets.
 *
 * @module
 */
import { bool, bytes, embedded, enumeration, required, sint32, string, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import { fownEntry } from "./file-owner.ts";
import { skOptsEntry } from "./socket.ts";

function filePermsEntryFields() {
  return {
    mode: uint32(1, required),
    uid: uint32(2, required),
    gid: uint32(3, required),
  };
}
/** Mode and owner of the file of a bound socket. (CRIU: images/sk-unix.proto) */
export interface FilePermsEntry extends ValueOfFields<ReturnType<typeof filePermsEntryFields>> {}
/** Type of {@link FilePermsEntry}. */
export const filePermsEntry: Message<FilePermsEntry> = message("file_perms_entry", filePermsEntryFields);

function unixSkEntryFields() {
  return {
    id: uint32(1, required),
    ino: uint32(2, required),
    type: uint32(3, required),
    state: uint32(4, required),
    flags: uint32(5, required),
    uflags: uint32(6, required),
    backlog: uint32(7, required),
    /** Inode of the peer, 0 is none. */
    peer: uint32(8, required),
    fown: embedded(9, fownEntry, required),
    opts: embedded(10, skOptsEntry, required),
    /** Path or abstract name; empty when not bound. */
    name: bytes(11, required),
    shutdown: enumeration(12),
    file_perms: embedded(13, filePermsEntry),
    name_dir: string(14),
    deleted: bool(15),
    ns_id: uint32(16),
    /** `-1` when absent. */
    mnt_id: sint32(17),
  };
}
/** A Unix socket. (CRIU: images/sk-unix.proto) */
export interface UnixSkEntry extends ValueOfFields<ReturnType<typeof unixSkEntryFields>> {}
/** Type of {@link UnixSkEntry}. */
export const unixSkEntry: Message<UnixSkEntry> = message("unix_sk_entry", unixSkEntryFields);
