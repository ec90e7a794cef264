import type { Host } from "@restage/core";
import { C_LFLAG, NCCS, POLL, TERMIOS, TTY } from "@restage/linux/abi";
import { ioctlNumber } from "../ioctl-number.ts";
import { isReady } from "../is-ready.ts";
import { room } from "../room.ts";
import { HANDING_OVER, unusedByte } from "./settings.ts";
import { isPacketMode } from "./terminal.ts";

/** Data that is queued in one end of a pseudoterminal. */
export interface Queue {
  /** In canonical mode, complete lines. */
  readonly bytes: Uint8Array;
  /** In canonical mode, the beginning of a line that is not complete: nobody can read it yet. */
  readonly line: Uint8Array;
}

/** Descriptors of both ends of a pseudoterminal. */
export interface Ends {
  readonly slave: number;
  readonly master: number;
}

/** Reads all data that is queued for the slave or for the master. There is no way to read it and leave it there. */
export function takeQueue(host: Host, ends: Ends, of: keyof Ends): Queue {
  return withoutPackets(host, ends.master, () => {
    const bytes = readAll(host, ends[of]);
    const before = of === "slave" ? termiosOf(host, ends.slave) : undefined;
    if (before === undefined || !isCanonical(before)) return { bytes, line: new Uint8Array() };
    setPlain(host, ends.slave, before, 0, 0);
    const line = readAll(host, ends.slave);
    host.attempt("ioctl", ends.slave, TTY.TCSETS, before.data);
    return { bytes, line };
  });
}

/** In canonical mode, a read returns one line at most. */
function readAll(host: Host, terminal: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const waiting = ioctlNumber(host, terminal, TTY.TIOCINQ) ?? 0;
    if (waiting <= 0) break;
    const { data } = room(waiting);
    const count = host.attempt("read", terminal, data, waiting);
    if (count <= 0) break;
    parts.push(data.bytes.slice(0, count));
  }
  return joined(parts);
}

/** Works outside of packet mode, in which each read begins with a status byte, and changed settings are reported to the reader. */
function withoutPackets<T>(host: Host, master: number, work: () => T): T {
  if (!isPacketMode(host, master)) return work();
  const set = (mode: number) => {
    const { data, view } = room(4);
    view.setInt32(0, mode, true);
    host.attempt("ioctl", master, TTY.TIOCPKT, data);
  };
  set(0);
  try {
    return work();
  } finally {
    set(1);
  }
}

/**
 * Puts data that was read from one end back through the other, with settings under which nothing is echoed, edited or turned into a signal. Canonical
 * mode stays as it is: data that is queued when it begins counts as one line.
 */
export function putBack(host: Host, ends: Ends, of: keyof Ends, { bytes, line }: Queue): void {
  const before = termiosOf(host, ends.slave);
  if (before === undefined) return;
  withoutPackets(host, ends.master, () => {
    const eof = unusedByte(joined([bytes, line]));
    setPlain(host, ends.slave, before, isCanonical(before) ? C_LFLAG.ICANON : 0, eof);
    const isLine = of === "slave" && isCanonical(before) && bytes.length > 0;
    write(host, ends, of, isLine && bytes.at(-1) !== NEWLINE ? Uint8Array.of(...bytes, eof) : bytes, HANDING_OVER);
    // Nobody can read it yet, but poll(2) delivers it.
    write(host, ends, of, line, 0);
    host.attempt("ioctl", ends.slave, TTY.TCSETS, before.data);
  });
}

/** Writes data through the other end, and waits until it can be read. */
function write(host: Host, ends: Ends, to: keyof Ends, data: Uint8Array, wait: number): void {
  if (data.length === 0) return;
  host.call.write(ends[to === "slave" ? "master" : "slave"], data, data.length);
  isReady(host, ends[to], POLL.IN, wait);
}

const NEWLINE = 10;

type Termios = ReturnType<typeof room>;

function termiosOf(host: Host, terminal: number): Termios | undefined {
  const termios = room(TERMIOS.size);
  return host.attempt("ioctl", terminal, TTY.TCGETS, termios.data) < 0 ? undefined : termios;
}

function isCanonical({ view }: Termios): boolean {
  return (view.getUint32(TERMIOS.c_lflag, true) & C_LFLAG.ICANON) !== 0;
}

/** Sets modes in which the terminal changes no data, and the character that ends input. */
function setPlain(host: Host, terminal: number, before: Termios, lflag: number, eof: number): void {
  const { data, view } = room(TERMIOS.size);
  data.bytes.set(before.data.bytes);
  data.bytes.fill(0, TERMIOS.c_cc, TERMIOS.c_cc + NCCS);
  view.setUint32(TERMIOS.c_iflag, 0, true);
  view.setUint32(TERMIOS.c_oflag, 0, true);
  view.setUint32(TERMIOS.c_lflag, lflag, true);
  view.setUint8(TERMIOS.c_cc + VEOF, eof);
  host.attempt("ioctl", terminal, TTY.TCSETS, data);
}

/** The index of the end-of-file character. Source: include/uapi/asm-generic/termbits.h. */
const VEOF = 4;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
