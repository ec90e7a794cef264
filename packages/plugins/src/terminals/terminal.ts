import type { Host, OpenFile } from "@restage/core";
import { MAJOR, NCCS, TERMIOS, TTY, WINSIZE_SIZE } from "@restage/linux/abi";
import { room } from "../room.ts";
import { isSlaveMajor } from "./tty-info.ts";

/** The minor number of /dev/ptmx. Source: Documentation/admin-guide/devices.txt. */
const PTMX_MINOR = 2;

/** One end of a pseudoterminal. */
export interface PseudoTerminal {
  readonly index: number;
  readonly isMaster: boolean;
}

/** Undefined for a file that is no pseudoterminal. */
export function pseudoTerminalOf(host: Host, { stat, descriptor }: OpenFile): PseudoTerminal | undefined {
  const major = Number((stat.rdev >> 8n) & 0xfffn);
  const minor = Number((stat.rdev & 0xffn) | ((stat.rdev >> 12n) & 0xfff00n));
  if (isSlaveMajor(major)) {
    return { index: (major - MAJOR.UNIX98_PTY_SLAVE) * 256 + minor, isMaster: false };
  }
  if (major !== MAJOR.TTYAUX || minor !== PTMX_MINOR || descriptor === undefined) return undefined;
  const index = readNumber(host, descriptor, TTY.TIOCGPTN);
  return index === undefined ? undefined : { index, isMaster: true };
}

/** An answer that is a number; undefined where the terminal has hung up, or knows no such request. */
function readNumber(host: Host, terminal: number, request: number): number | undefined {
  const value = room(4);
  return host.attempt("ioctl", terminal, request, value.data) < 0 ? undefined : value.view.getInt32(0, true);
}

/** The leader of a master's session, as this process sees it; undefined when the terminal belongs to none. */
export function sessionLeaderOf(host: Host, master: number): number | undefined {
  return readNumber(host, master, TTY.TIOCGSID);
}

/** Locked, exclusive and packet mode; settings and size, which a terminal that has hung up does not tell. */
export function readSettings(host: Host, terminal: number) {
  const flag = (request: number) => (readNumber(host, terminal, request) ?? 0) !== 0;
  const flags = { locked: flag(TTY.TIOCGPTLCK), exclusive: flag(TTY.TIOCGEXCL), packet_mode: flag(TTY.TIOCGPKT) };
  const termios = readTermios(host, terminal, TTY.TCGETS);
  const termios_locked = readTermios(host, terminal, TTY.TIOCGLCKTRMIOS);
  const size = room(WINSIZE_SIZE);
  if (termios === undefined || termios_locked === undefined) return flags;
  host.attempt("ioctl", terminal, TTY.TIOCGWINSZ, size.data);
  const [ws_row = 0, ws_col = 0, ws_xpixel = 0, ws_ypixel = 0] = new Uint16Array(size.data.bytes.slice().buffer);
  return { ...flags, termios, termios_locked, winsize: { ws_row, ws_col, ws_xpixel, ws_ypixel } };
}

/** CRIU has the control characters, a byte each, one after the other in as many words. */
function readTermios(host: Host, terminal: number, request: number) {
  const { data, view } = room(TERMIOS.size);
  if (host.attempt("ioctl", terminal, request, data) < 0) return undefined;
  const characters = new Uint32Array(NCCS);
  const from = TERMIOS.c_cc;
  new Uint8Array(characters.buffer).set(data.bytes.subarray(from, from + NCCS));
  return {
    c_iflag: view.getUint32(TERMIOS.c_iflag, true),
    c_oflag: view.getUint32(TERMIOS.c_oflag, true),
    c_cflag: view.getUint32(TERMIOS.c_cflag, true),
    c_lflag: view.getUint32(TERMIOS.c_lflag, true),
    c_line: view.getUint8(TERMIOS.c_line),
    c_ispeed: 0,
    c_ospeed: 0,
    c_cc: [...characters],
  };
}

/** Takes what waits to be read out of a terminal: there is no way to leave it there. */
export function takeQueue(host: Host, terminal: number): Uint8Array {
  const waiting = readNumber(host, terminal, TTY.TIOCINQ) ?? 0;
  if (waiting <= 0) return new Uint8Array();
  const { data } = room(waiting);
  const count = host.attempt("read", terminal, data, waiting);
  return data.bytes.slice(0, Math.max(0, count));
}

/**
 * Puts what was taken out of one end back, by the other end, without anything being echoed, edited or sent as a signal.
 *
 * @param slave has the settings of both.
 */
export function putBack(host: Host, slave: number, by: number, bytes: Uint8Array): void {
  const before = room(TERMIOS.size);
  if (host.attempt("ioctl", slave, TTY.TCGETS, before.data) < 0) return;
  const raw = room(TERMIOS.size);
  raw.data.bytes.set(before.data.bytes);
  for (const flags of [TERMIOS.c_iflag, TERMIOS.c_oflag, TERMIOS.c_lflag]) raw.view.setUint32(flags, 0, true);
  host.attempt("ioctl", slave, TTY.TCSETS, raw.data);
  host.call.write(by, bytes, bytes.length);
  host.attempt("ioctl", slave, TTY.TCSETS, before.data);
}
