import { statSync } from "node:fs";

const noted = new Map<string, string>();

/**
 * Notes a file that decides what the command does, even if it does not exist yet: a configuration, a module that it imports, a checkpoint. To be called before
 * the file is read, so that no change after it is missed.
 */
export function noteFile(file: string): void {
  if (!noted.has(file)) noted.set(file, stateOf(file));
}

/** The files that have been noted until now, each with its state at that time. */
export function notedFiles(): ReadonlyMap<string, string> {
  return noted;
}

/** A text that changes with the content of a file. */
export function stateOf(file: string): string {
  try {
    const { dev, ino, size, mtimeMs } = statSync(file);
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  } catch {
    return "";
  }
}
