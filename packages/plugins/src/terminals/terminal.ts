import type { Host, OpenFile } from "@restage/core";
import { C_LFLAG, MAJOR, NCCS, POLL, TERMIOS, TTY, WINSIZE_SIZE } from "@restage/linux/abi";
import { isReady } from "../is-ready.ts";
import { room } from "../room.ts";
import { HANDING_OVER } from "./settings.ts";
import { isSlaveMajor } from "./tty-info.ts";

/** The minor number of /dev/ptmx. Source: Documentation/admin-guide/devices.txt. */
const PTMX_MINOR = 2;

/** One end of a pseudoterminal. */
export interface PseudoterminalEnd {
  readonly index: number;
  readonly isMaster: boolean;
}

/** The end of a pseudoterminal that a file is; undefined for other files. */
export function pseudoterminalEndOf(host: Host, { stat, descriptor }: OpenFile): PseudoterminalEnd | undefined {
  const major = Number((stat.rdev >> 8n) & 0xfffn);
  const minor = Number((stat.rdev & 0xffn) | ((stat.rdev >> 12n) & 0xfff00n));
  if (isSlaveMajor(major)) {
    return { index: (major - MAJOR.UNIX98_PTY_SLAVE) * 256 + minor, isMaster: false };
  }
  if (major !== MAJOR.TTYAUX || minor !== PTMX_MINOR || descriptor === undefined) return undefined;
  const index = readNumber(host, descriptor, TTY.TIOCGPTN);
  return index === undefined ? undefined : { index, isMaster: true };
}

/** The number that a request returns; undefined if the terminal has hung up or does not support the request. */
function readNumber(host: Host, terminal: number, request: number): number | undefined {
  const value = room(4);
  return host.attempt("ioctl", terminal, request, value.data) < 0 ? undefined : value.view.getInt32(0, true);
}

/** The session of a master's terminal, as this process sees it; undefined if it is not a controlling terminal. */
export function sessionLeaderOf(host: Host, master: number): number | undefined {
  return readNumber(host, master, TTY.TIOCGSID);
}

/** Reads the modes, settings and size. A terminal that has hung up has no settings and size. */
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

/** CRIU packs the control characters, one byte each, into an array of as many words. */
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

/** Reads all data that is queued in a terminal. There is no way to read it and leave it there. */
export function takeQueue(host: Host, terminal: number): Uint8Array {
  // In packet mode, the first byte of a read is a status byte that nobody wrote.
  const status = (readNumber(host, terminal, TTY.TIOCGPKT) ?? 0) === 0 ? 0 : 1;
  const taken: number[] = [];
  for (;;) {
    const waiting = readNumber(host, terminal, TTY.TIOCINQ) ?? 0;
    if (waiting <= 0) break;
    const { data } = room(waiting + status);
    // In canonical mode, this is one line.
    const count = host.attempt("read", terminal, data, waiting + status);
    if (count <= 0) break;
    taken.push(...data.bytes.subarray(status, count));
  }
  return Uint8Array.from(taken);
}

/**
 * Puts data that was read from one end back through the other, with settings under which nothing is echoed, edited or turned into a signal.
 *
 * @param slave has the settings of both ends.
 * @param ends the one that the data was read from, and the other one.
 */
export function putBack(
  host: Host,
  slave: number,
  { from, by }: { readonly from: number; readonly by: number },
  bytes: Uint8Array,
): void {
  const before = room(TERMIOS.size);
  if (host.attempt("ioctl", slave, TTY.TCGETS, before.data) < 0) return;
  const raw = room(TERMIOS.size);
  raw.data.bytes.set(before.data.bytes);
  for (const flags of [TERMIOS.c_iflag, TERMIOS.c_oflag]) raw.view.setUint32(flags, 0, true);
  // Data that is queued when canonical mode begins counts as one line.
  raw.view.setUint32(TERMIOS.c_lflag, before.view.getUint32(TERMIOS.c_lflag, true) & C_LFLAG.ICANON, true);
  raw.data.bytes.fill(0, TERMIOS.c_cc, TERMIOS.c_cc + NCCS);
  host.attempt("ioctl", slave, TTY.TCSETS, raw.data);
  host.call.write(by, bytes, bytes.length);
  // A worker of the kernel delivers the data, with the settings of that moment: wait for it before they change.
  isReady(host, from, POLL.IN, HANDING_OVER);
  host.attempt("ioctl", slave, TTY.TCSETS, before.data);
}
