/**
 * Terminals.
 *
 * @module
 */
import { FileType } from "../file-type.ts";
import { bool, bytes, embedded, enumeration, repeated, required, uint32 } from "../schema/field.ts";
import type { Message, Unknowns } from "../schema/message.ts";
import { message } from "../schema/message.ts";
import type { FownEntry } from "./file-owner.ts";
import { fownEntry } from "./file-owner.ts";

/** Values of `tty_info_entry.type`. */
export const ttyType = {
  UNKNOWN: 0,
  PTY: 1,
  CONSOLE: 2,
  VT: 3,
  CTTY: 4,
  EXT_TTY: 5,
  SERIAL: 6,
} as const;

/** Size of a terminal. (CRIU: images/tty.proto) */
export interface WinsizeEntry extends Unknowns {
  readonly ws_row: number;
  readonly ws_col: number;
  readonly ws_xpixel: number;
  readonly ws_ypixel: number;
}

/** The message type of {@link WinsizeEntry}. */
export const winsizeEntry: Message<WinsizeEntry> = message("winsize_entry", () => ({
  ws_row: uint32(1, required),
  ws_col: uint32(2, required),
  ws_xpixel: uint32(3, required),
  ws_ypixel: uint32(4, required),
}));

/** Settings of a terminal. (CRIU: images/tty.proto) */
export interface TermiosEntry extends Unknowns {
  readonly c_iflag: number;
  readonly c_oflag: number;
  readonly c_cflag: number;
  readonly c_lflag: number;
  readonly c_line: number;
  readonly c_ispeed: number;
  readonly c_ospeed: number;
  readonly c_cc: readonly number[];
}

/** The message type of {@link TermiosEntry}. */
export const termiosEntry: Message<TermiosEntry> = message("termios_entry", () => ({
  c_iflag: uint32(1, required),
  c_oflag: uint32(2, required),
  c_cflag: uint32(3, required),
  c_lflag: uint32(4, required),
  c_line: uint32(5, required),
  c_ispeed: uint32(6, required),
  c_ospeed: uint32(7, required),
  c_cc: uint32(8, repeated),
}));

/** The number of a pseudoterminal. (CRIU: images/tty.proto) */
export interface TtyPtyEntry extends Unknowns {
  readonly index: number;
}

/** The message type of {@link TtyPtyEntry}. */
export const ttyPtyEntry: Message<TtyPtyEntry> = message("tty_pty_entry", () => ({
  index: uint32(1, required),
}));

/** Data queued in a terminal. (CRIU: images/tty.proto) */
export interface TtyDataEntry extends Unknowns {
  readonly tty_id: number;
  readonly data: Uint8Array;
}

/** The message type of {@link TtyDataEntry}. */
export const ttyDataEntry: Message<TtyDataEntry> = message("tty_data_entry", () => ({
  tty_id: uint32(1, required),
  data: bytes(2, required),
}));

/** A terminal. (CRIU: images/tty.proto) */
export interface TtyInfoEntry extends Unknowns {
  readonly id: number;
  readonly type: number;
  readonly locked: boolean;
  readonly exclusive: boolean;
  readonly packet_mode: boolean;
  readonly sid: number;
  readonly pgrp: number;
  readonly rdev: number;
  readonly termios?: TermiosEntry;
  readonly termios_locked?: TermiosEntry;
  readonly winsize?: WinsizeEntry;
  /** The number of the pseudoterminal. */
  readonly pty?: TtyPtyEntry;
  readonly dev?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** The message type of {@link TtyInfoEntry}. */
export const ttyInfoEntry: Message<TtyInfoEntry> = message("tty_info_entry", () => ({
  id: uint32(1, required),
  type: enumeration(2, required),
  locked: bool(3, required),
  exclusive: bool(4, required),
  packet_mode: bool(5, required),
  sid: uint32(6, required),
  pgrp: uint32(7, required),
  rdev: uint32(8, required),
  termios: embedded(9, termiosEntry),
  termios_locked: embedded(10, termiosEntry),
  winsize: embedded(11, winsizeEntry),
  pty: embedded(12, ttyPtyEntry),
  dev: uint32(13),
  uid: uint32(14),
  gid: uint32(15),
}));

/** An open file description of a terminal. (CRIU: images/tty.proto) */
export interface TtyFileEntry extends Unknowns {
  readonly id: number;
  readonly tty_info_id: number;
  readonly flags: number;
  readonly fown: FownEntry;
  readonly regf_id?: number;
}

/** The message type of {@link TtyFileEntry}. */
export const ttyFileEntry: Message<TtyFileEntry> = message("tty_file_entry", () => ({
  id: uint32(1, required),
  tty_info_id: uint32(2, required),
  flags: uint32(3, required),
  fown: embedded(4, fownEntry, required),
  regf_id: uint32(6),
}));

/** The file type of {@link TtyFileEntry}. */
export const ttyFile: FileType<TtyFileEntry, "TTY", "tty", "tty_files"> = new FileType({
  message: ttyFileEntry,
  type: ["TTY", 11],
  member: ["tty", 19],
  image: ["tty_files", "tty.img", 0x59433025],
});
