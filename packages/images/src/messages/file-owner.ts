/**
 * Who gets the signals of a file.
 *
 * @module
 */
import { required, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";

function fownEntryFields() {
  return {
    uid: uint32(1, required),
    euid: uint32(2, required),
    signum: uint32(3, required),
    /** `F_OWNER_*`. */
    pid_type: uint32(4, required),
    pid: uint32(5, required),
  };
}
/** Owner of a file, as with `fcntl(F_SETOWN)`. (CRIU: images/fown.proto) */
export interface FownEntry extends ValueOfFields<ReturnType<typeof fownEntryFields>> {}
/** Type of {@link FownEntry}. */
export const fownEntry: Message<FownEntry> = message("fown_entry", fownEntryFields);
