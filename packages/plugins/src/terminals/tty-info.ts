import type { TtyFileEntry, TtyInfoEntry } from "@restage/images";
import { MAJOR, UNIX98_PTY_MAJOR_COUNT } from "@restage/linux/abi";

/** Types of terminals. Source: CRIU images/tty.proto. */
export const TTY_TYPE = { UNKNOWN: 0, PTY: 1, CONSOLE: 2, VT: 3, CTTY: 4, EXT_TTY: 5, SERIAL: 6 } as const;

/** An open terminal: its entry in files.img, and the terminal itself. */
export interface TtyFile {
  readonly file: TtyFileEntry;
  readonly info: TtyInfoEntry;
}

/** Whether this end is the slave, by its device number. */
export function isSlave({ rdev }: TtyInfoEntry): boolean {
  const major = (rdev >>> 8) & 0xfff;
  return isSlaveMajor(major);
}

/** Whether a major number belongs to the slaves of pseudoterminals. */
export function isSlaveMajor(major: number): boolean {
  return major >= MAJOR.UNIX98_PTY_SLAVE && major < MAJOR.UNIX98_PTY_SLAVE + UNIX98_PTY_MAJOR_COUNT;
}

/** Whether the other end was closed. Such a terminal has no settings. */
export function isHungUp({ termios }: TtyInfoEntry): boolean {
  return termios === undefined;
}

/** CRIU's name of an external terminal: `tty[rdev:dev]`, in hexadecimal. */
export function externalName({ rdev, dev }: Pick<TtyInfoEntry, "rdev" | "dev">): string {
  return `tty[${rdev.toString(16)}:${(dev ?? 0).toString(16)}]`;
}

/** The name of a terminal in messages. */
export function nameOf(info: TtyInfoEntry): string {
  const { type, pty, rdev, id } = info;
  if (type === TTY_TYPE.PTY) return `terminal ${isSlave(info) ? "" : "master of "}/dev/pts/${pty?.index}`;
  if (type === TTY_TYPE.CTTY) return "terminal /dev/tty";
  return `terminal ${id} (device ${rdev >>> 8}:${rdev & 0xff})`;
}
