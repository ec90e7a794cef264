/**
 * Owners of files, which get their signals.
 *
 * @module
 */
import { required, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";

/** Owner of a file, as with `fcntl(F_SETOWN)`. (CRIU: images/fown.proto) */
export interface FownEntry extends Unknowns {
  readonly uid: number;
  readonly euid: number;
  readonly signum: number;
  /** `F_OWNER_*`. */
  readonly pid_type: number;
  readonly pid: number;
}

/** The message type of {@link FownEntry}. */
export const fownEntry: Message<FownEntry> = message("fown_entry", () => ({
  uid: uint32(1, required),
  euid: uint32(2, required),
  signum: uint32(3, required),
  pid_type: uint32(4, required),
  pid: uint32(5, required),
}));
