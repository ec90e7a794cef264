import { data, struct, type Task, type Value } from "@restage/core";
import type { TermiosEntry, TtyInfoEntry } from "@restage/images";
import { C_CFLAG, C_LFLAG, NCCS, POLL, TERMIOS, TTY } from "@restage/linux/abi";
import type { Pseudoterminal } from "./pseudoterminals.ts";

/** Control flags that change nothing on the way. Source: termios(3). */
const RAW_CFLAG = C_CFLAG.CS8 | C_CFLAG.CREAD | C_CFLAG.B38400;
const NEWLINE = 10;
/** How long the kernel may take to deliver written data, in milliseconds. */
export const HANDING_OVER = 1000;

/** struct termios of the kernel. CRIU 4.2 keeps its control characters as bytes, four in a word. Source: CRIU criu/tty.c. */
export function termios({ c_iflag, c_oflag, c_cflag, c_lflag, c_line, c_cc }: TermiosEntry) {
  const view = new DataView(new ArrayBuffer(TERMIOS.size));
  [c_iflag, c_oflag, c_cflag, c_lflag].forEach((flags, index) => {
    view.setUint32(4 * index, flags, true);
  });
  view.setUint8(TERMIOS.c_line, c_line);
  const characters = new Uint8Array(Uint32Array.from(c_cc).buffer).subarray(0, NCCS);
  new Uint8Array(view.buffer).set(characters, TERMIOS.c_cc);
  return data(new Uint8Array(view.buffer));
}

/** Settings with which the terminal echoes, edits and changes nothing and sends no signals. In canonical mode, the byte `eof` ends a line and is not part of it. */
function plain(c_lflag: number, eof: number): TermiosEntry {
  return { c_iflag: 0, c_oflag: 0, c_cflag: RAW_CFLAG, c_lflag, c_line: 0, c_ispeed: 0, c_ospeed: 0, c_cc: [0, eof] };
}

/** Settings and size. */
export function applySettings(task: Task, terminal: Value, info: TtyInfoEntry): void {
  const { termios: settings, winsize } = info;
  if (settings !== undefined) task.call.ioctl(terminal, TTY.TCSETS, termios(settings));
  if (winsize !== undefined) task.call.ioctl(terminal, TTY.TIOCSWINSZ, size(winsize));
}

/**
 * Fills the queues of a pair, each through the other end. If the pair is in canonical mode, it must be so before the data is written: data that is
 * queued when canonical mode begins counts as one line.
 */
export function fillQueues(task: Task, pair: Pseudoterminal, { termios: settings }: TtyInfoEntry): void {
  const { masterNumber: master, slaveNumber: slave, shown, typed, line } = pair;
  const { call } = task;
  if (shown === undefined && typed === undefined && line === undefined) return;
  const canonical = (settings?.c_lflag ?? 0) & C_LFLAG.ICANON;
  const eof = unusedByte(Uint8Array.of(...(typed ?? []), ...(line ?? [])));
  call.ioctl(slave, TTY.TCSETS, termios(plain(canonical, eof)));
  if (shown !== undefined) call.write(slave, shown, shown.length).expect(shown.length);
  if (typed !== undefined) {
    const lines = canonical !== 0 && typed.at(-1) !== NEWLINE ? Uint8Array.of(...typed, eof) : typed;
    call.write(master, lines, lines.length).expect(lines.length);
  }
  // A worker of the kernel delivers the data, with the settings of that moment: wait for it before they change.
  if (shown !== undefined) call.poll(struct([4, master], [4, POLL.IN]), 1, HANDING_OVER).expect(1);
  if (typed !== undefined) call.poll(struct([4, slave], [4, POLL.IN]), 1, HANDING_OVER).expect(1);
  if (line === undefined) return;
  call.write(master, line, line.length).expect(line.length);
  // Nobody can read it yet, but poll(2) delivers it.
  call.poll(struct([4, slave], [4, POLL.IN]), 1, 0);
}

/** A byte that the data does not contain, for the end of a line; never a newline. */
export function unusedByte(bytes: Uint8Array): number {
  const used = new Set(bytes);
  for (let byte = 1; byte < 256; byte++) if (byte !== NEWLINE && !used.has(byte)) return byte;
  return 0;
}

/** struct winsize. */
function size({ ws_row, ws_col, ws_xpixel, ws_ypixel }: NonNullable<TtyInfoEntry["winsize"]>) {
  return data(new Uint8Array(Uint16Array.of(ws_row, ws_col, ws_xpixel, ws_ypixel).buffer));
}
