/**
 * File locks.
 *
 * @module
 */
import { int32, int64, required, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function fileLockEntryFields() {
  return {
    flag: uint32(1, required),
    type: uint32(2, required),
    pid: int32(3, required),
    /** A descriptor of `pid`. */
    fd: int32(4, required),
    start: int64(5, required),
    /** Bytes, 0 is up to the end of the file. */
    len: int64(6, required),
  };
}
/** A file lock. (CRIU: images/file-lock.proto) */
export interface FileLockEntry extends ValueOfFields<ReturnType<typeof fileLockEntryFields>> {}
/** Type of {@link FileLockEntry}. */
export const fileLockEntry: Message<FileLockEntry> = message("file_lock_entry", fileLockEntryFields);
