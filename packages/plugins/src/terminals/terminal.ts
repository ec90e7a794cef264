import type { Host, OpenFile } from "@restage/core";
import { MAJOR, NCCS, TERMIOS, TTY, WINSIZE_SIZE } from "@restage/linux/abi";
import { ioctlNumber } from "../ioctl-number.ts";
import { room } from "../room.ts";
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
  const index = ioctlNumber(host, descriptor, TTY.TIOCGPTN);
  return index === undefined ? undefined : { index, isMaster: true };
}

/** The session of a master's terminal, as this process sees it; undefined if it is not a controlling terminal. */
export function sessionLeaderOf(host: Host, master: number): number | undefined {
  return ioctlNumber(host, master, TTY.TIOCGSID);
}

/** Whether each read from a master begins with a status byte. A slave never has this mode. */
export function isPacketMode(host: Host, terminal: number): boolean {
  return isSet(host, terminal, TTY.TIOCGPKT);
}

function isSet(host: Host, terminal: number, request: number): boolean {
  return (ioctlNumber(host, terminal, request) ?? 0) !== 0;
}

/** Reads the modes, settings and size. A terminal that has hung up has no settings and size. */
export function readSettings(host: Host, terminal: number) {
  const flag = (request: number) => isSet(host, terminal, request);
  const flags = {
    locked: flag(TTY.TIOCGPTLCK),
    exclusive: flag(TTY.TIOCGEXCL),
    packet_mode: isPacketMode(host, terminal),
  };
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
