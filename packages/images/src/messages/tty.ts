/**
 * Terminals.
 *
 * @module
 */
import { bool, bytes, embedded, enumeration, repeated, required, uint32 } from "../schema/field.ts";
import type { Message, ValueOfFields } from "../schema/message.ts";
import { message } from "../schema/message.ts";
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

function winsizeEntryFields() {
  return {
    ws_row: uint32(1, required),
    ws_col: uint32(2, required),
    ws_xpixel: uint32(3, required),
    ws_ypixel: uint32(4, required),
  };
}
/** Size of a terminal. (CRIU: images/tty.proto) */
export interface WinsizeEntry extends ValueOfFields<ReturnType<typeof winsizeEntryFields>> {}
/** Type of {@link WinsizeEntry}. */
export const winsizeEntry: Message<WinsizeEntry> = message("winsize_entry", winsizeEntryFields);

function termiosEntryFields() {
  return {
    c_iflag: uint32(1, required),
    c_oflag: uint32(2, required),
    c_cflag: uint32(3, required),
    c_lflag: uint32(4, required),
    c_line: uint32(5, required),
    c_ispeed: uint32(6, required),
    c_ospeed: uint32(7, required),
    c_cc: uint32(8, repeated),
  };
}
/** Settings of a terminal. (CRIU: images/tty.proto) */
export interface TermiosEntry extends ValueOfFields<ReturnType<typeof termiosEntryFields>> {}
/** Type of {@link TermiosEntry}. */
export const termiosEntry: Message<TermiosEntry> = message("termios_entry", termiosEntryFields);

function ttyPtyEntryFields() {
  return {
    index: uint32(1, required),
  };
}
/** Which pseudoterminal. (CRIU: images/tty.proto) */
export interface TtyPtyEntry extends ValueOfFields<ReturnType<typeof ttyPtyEntryFields>> {}
/** Type of {@link TtyPtyEntry}. */
export const ttyPtyEntry: Message<TtyPtyEntry> = message("tty_pty_entry", ttyPtyEntryFields);

function ttyDataEntryFields() {
  return {
    tty_id: uint32(1, required),
    data: bytes(2, required),
  };
}
/** Data queued in a terminal. (CRIU: images/tty.proto) */
export interface TtyDataEntry extends ValueOfFields<ReturnType<typeof ttyDataEntryFields>> {}
/** Type of {@link TtyDataEntry}. */
export const ttyDataEntry: Message<TtyDataEntry> = message("tty_data_entry", ttyDataEntryFields);

function ttyInfoEntryFields() {
  return {
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
    /** Which pseudoterminal. */
    pty: embedded(12, ttyPtyEntry),
    dev: uint32(13),
    uid: uint32(14),
    gid: uint32(15),
  };
}
/** A terminal. (CRIU: images/tty.proto) */
export interface TtyInfoEntry extends ValueOfFields<ReturnType<typeof ttyInfoEntryFields>> {}
/** Type of {@link TtyInfoEntry}. */
export const ttyInfoEntry: Message<TtyInfoEntry> = message("tty_info_entry", ttyInfoEntryFields);

function ttyFileEntryFields() {
  return {
    id: uint32(1, required),
    tty_info_id: uint32(2, required),
    flags: uint32(3, required),
    fown: embedded(4, fownEntry, required),
    regf_id: uint32(6),
  };
}
/** An open description of a terminal. (CRIU: images/tty.proto) */
export interface TtyFileEntry extends ValueOfFields<ReturnType<typeof ttyFileEntryFields>> {}
/** Type of {@link TtyFileEntry}. */
export const ttyFileEntry: Message<TtyFileEntry> = message("tty_file_entry", ttyFileEntryFields);
