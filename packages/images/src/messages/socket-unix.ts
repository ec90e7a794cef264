/**
 * Unix sockets.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { bool, bytes, embedded, enumeration, required, sint32, string, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";
import type { SkOptsEntry } from "./socket.ts";
import { skOptsEntry } from "./socket.ts";

/** Mode and owner of the file of a bound socket. (CRIU: images/sk-unix.proto) */
export interface FilePermsEntry extends Unknowns {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The message type of {@link FilePermsEntry}. */
export const filePermsEntry: Message<FilePermsEntry> = message("file_perms_entry", () => ({
  mode: uint32(1, required),
  uid: uint32(2, required),
  gid: uint32(3, required),
}));

/** A Unix socket. (CRIU: images/sk-unix.proto) */
export interface UnixSkEntry extends Unknowns {
  readonly id: number;
  readonly ino: number;
  readonly type: number;
  readonly state: number;
  readonly flags: number;
  readonly uflags: number;
  readonly backlog: number;
  /** Inode of the peer; 0 for none. */
  readonly peer: number;
  readonly fown: FownEntry;
  readonly opts: SkOptsEntry;
  /** Path or abstract name. Empty if the socket is not bound. */
  readonly name: Uint8Array;
  readonly shutdown?: number;
  readonly file_perms?: FilePermsEntry;
  readonly name_dir?: string;
  readonly deleted?: boolean;
  readonly ns_id?: number;
  /** `-1` when absent. */
  readonly mnt_id?: number;
}

/** The message type of {@link UnixSkEntry}. */
export const unixSkEntry: Message<UnixSkEntry> = message("unix_sk_entry", () => ({
  id: uint32(1, required),
  ino: uint32(2, required),
  type: uint32(3, required),
  state: uint32(4, required),
  flags: uint32(5, required),
  uflags: uint32(6, required),
  backlog: uint32(7, required),
  peer: uint32(8, required),
  fown: embedded(9, fownEntry, required),
  opts: embedded(10, skOptsEntry, required),
  name: bytes(11, required),
  shutdown: enumeration(12),
  file_perms: embedded(13, filePermsEntry),
  name_dir: string(14),
  deleted: bool(15),
  ns_id: uint32(16),
  mnt_id: sint32(17),
}));

/** The file type of {@link UnixSkEntry}. */
export const unixSocket: FileType<UnixSkEntry, "UNIXSK", "usk", "unixsk"> = new FileType({
  message: unixSkEntry,
  type: ["UNIXSK", 5],
  member: ["usk", 16],
  image: ["unixsk", "unixsk.img", 0x54373943],
});
