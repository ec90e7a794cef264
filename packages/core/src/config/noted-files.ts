import { statSync } from "node:fs";

const noted = new Map<string, string>();

/**
 * Notes a file on which the command depends, even if it does not exist yet: a configuration, a module that it imports, a checkpoint. Must be called before
 * the file is read, so that no later change is missed.
 */
export function noteFile(file: string): void {
  if (!noted.has(file)) noted.set(file, stateOf(file));
}

/** The noted files, each with its state when it was noted. */
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
