import { readlinkSync } from "node:fs";

/** Erases from the cursor to the end of the line. */
export const CLEAR = "\x1b[K";

/** Whether a descriptor is a terminal, by its name: loading `node:tty` takes Bun longer than many restores take. */
export function isTerminal(fd: 1 | 2): boolean {
  try {
    return /^\/dev\/(pts\/|tty|console|hvc)/.test(readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    return false;
  }
}

/** Colors for a descriptor; none if it is not a terminal, or if NO_COLOR is set (https://no-color.org). */
export interface Colours {
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly dim: Paint;
}

type Paint = (text: string) => string;

export function coloursFor(fd: 1 | 2): Colours {
  const isPlain = !isTerminal(fd) || (process.env["NO_COLOR"] ?? "") !== "";
  const paint = (on: number, off: number): Paint => {
    return isPlain ? (text) => text : (text) => `\x1b[${on}m${text}\x1b[${off}m`;
  };
  return { red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39), dim: paint(2, 22) };
}
