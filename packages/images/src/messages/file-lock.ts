/**
 * File locks.
 *
 * @module
 */
import { int32, int64, required, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** A file lock. (CRIU: images/file-lock.proto) */
export interface FileLockEntry extends Unknowns {
  readonly flag: number;
  readonly type: number;
  readonly pid: number;
  /** A descriptor of `pid`. */
  readonly fd: number;
  readonly start: bigint;
  /** Bytes; 0 means up to the end of the file. */
  readonly len: bigint;
}

/** The message type of {@link FileLockEntry}. */
export const fileLockEntry: Message<FileLockEntry> = message("file_lock_entry", () => ({
  flag: uint32(1, required),
  type: uint32(2, required),
  pid: int32(3, required),
  fd: int32(4, required),
  start: int64(5, required),
  len: int64(6, required),
}));
