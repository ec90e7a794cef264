import type { Host, OpenFile } from "@restage/core";
import { room } from "../room.ts";

/** Requests of ioctl_tty(2). Source: include/uapi/asm-generic/ioctls.h. */
const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCGWINSZ = 0x5413;
const TIOCINQ = 0x541b;
const TIOCGLCKTRMIOS = 0x5456;
const TIOCGPTN = 0x80045430;
const TIOCGPKT = 0x80045438;
const TIOCGPTLCK = 0x80045439;
const TIOCGEXCL = 0x80045440;

/** struct termios: flags, line discipline, control characters. Source: include/uapi/asm-generic/termbits.h. */
const TERMIOS = { iflag: 0, oflag: 4, cflag: 8, lflag: 12, line: 16, characters: 17, size: 36 } as const;
/** Control characters, and the words that images give them. */
const CHARACTERS = 19;

/** Major numbers of pseudoterminals: /dev/ptmx, /dev/pts/N. Source: Documentation/admin-guide/devices.txt. */
const PTMX = { major: 5, minor: 2 } as const;
const FIRST_SLAVE = 136;
const LAST_SLAVE = 143;

/** One end of a pseudoterminal. */
export interface PseudoTerminal {
  readonly index: number;
  readonly isMaster: boolean;
}

/** Undefined for a file that is no pseudoterminal. */
export function pseudoTerminalOf(host: Host, { stat, descriptor }: OpenFile): PseudoTerminal | undefined {
  const major = Number((stat.rdev >> 8n) & 0xfffn);
  const minor = Number((stat.rdev & 0xffn) | ((stat.rdev >> 12n) & 0xfff00n));
  if (major >= FIRST_SLAVE && major <= LAST_SLAVE) {
    return { index: (major - FIRST_SLAVE) * 256 + minor, isMaster: false };
  }
  if (major !== PTMX.major || minor !== PTMX.minor || descriptor === undefined) return undefined;
  const index = readNumber(host, descriptor, TIOCGPTN);
  return index === undefined ? undefined : { index, isMaster: true };
}

/** An answer that is a number; undefined where the terminal has hung up, or knows no such request. */
function readNumber(host: Host, terminal: number, request: number): number | undefined {
  const value = room(4);
  return host.attempt("ioctl", terminal, request, value.data) < 0 ? undefined : value.view.getInt32(0, true);
}

/** Locked, exclusive and packet mode; settings and size, which a terminal that has hung up does not tell. */
export function readSettings(host: Host, terminal: number) {
  const flag = (request: number) => (readNumber(host, terminal, request) ?? 0) !== 0;
  const flags = { locked: flag(TIOCGPTLCK), exclusive: flag(TIOCGEXCL), packet_mode: flag(TIOCGPKT) };
  const termios = readTermios(host, terminal, TCGETS);
  const termios_locked = readTermios(host, terminal, TIOCGLCKTRMIOS);
  const size = room(8);
  if (termios === undefined || termios_locked === undefined) return flags;
  host.attempt("ioctl", terminal, TIOCGWINSZ, size.data);
  const [ws_row = 0, ws_col = 0, ws_xpixel = 0, ws_ypixel = 0] = new Uint16Array(size.data.bytes.slice().buffer);
  return { ...flags, termios, termios_locked, winsize: { ws_row, ws_col, ws_xpixel, ws_ypixel } };
}

/** CRIU has the control characters, a byte each, one after the other in as many words. */
function readTermios(host: Host, terminal: number, request: number) {
  const { data, view } = room(TERMIOS.size);
  if (host.attempt("ioctl", terminal, request, data) < 0) return undefined;
  const characters = new Uint32Array(CHARACTERS);
  const from = TERMIOS.characters;
  new Uint8Array(characters.buffer).set(data.bytes.subarray(from, from + CHARACTERS));
  return {
    c_iflag: view.getUint32(TERMIOS.iflag, true),
    c_oflag: view.getUint32(TERMIOS.oflag, true),
    c_cflag: view.getUint32(TERMIOS.cflag, true),
    c_lflag: view.getUint32(TERMIOS.lflag, true),
    c_line: view.getUint8(TERMIOS.line),
    c_ispeed: 0,
    c_ospeed: 0,
    c_cc: [...characters],
  };
}

/** Takes what waits to be read out of a terminal: there is no way to leave it there. */
export function takeQueue(host: Host, terminal: number): Uint8Array {
  const waiting = readNumber(host, terminal, TIOCINQ) ?? 0;
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
  if (host.attempt("ioctl", slave, TCGETS, before.data) < 0) return;
  const raw = room(TERMIOS.size);
  raw.data.bytes.set(before.data.bytes);
  for (const flags of [TERMIOS.iflag, TERMIOS.oflag, TERMIOS.lflag]) raw.view.setUint32(flags, 0, true);
  host.attempt("ioctl", slave, TCSETS, raw.data);
  host.call.write(by, bytes, bytes.length);
  host.attempt("ioctl", slave, TCSETS, before.data);
}
