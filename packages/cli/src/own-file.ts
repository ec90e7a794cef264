import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeFileSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { whyUntrusted } from "@restage/core/internal";

/** What was in a file before. */
type Before = "replace" | "append";

/**
 * Opens a file for what the command reports, and creates it for its owner alone: logs and traces show what processes have in memory. In a directory where
 * others can write, neither a symbolic link nor a file of theirs leads the output elsewhere.
 *
 * Throws ERR_OPTION.
 */
export function openOwnFile(path: string, before: Before = "replace"): number {
  try {
    return open(path, before);
  } catch (error) {
    if (error instanceof RestoreError) throw error;
    const [reason = ""] = (error as Error).message.split(", open ");
    throw new RestoreError("ERR_OPTION", `Cannot write ${path}: ${reason}`, { cause: error });
  }
}

export function writeOwnFile(path: string, content: string | Uint8Array, before: Before = "replace"): void {
  const file = openOwnFile(path, before);
  try {
    writeFileSync(file, content);
  } finally {
    closeSync(file);
  }
}

function open(path: string, before: Before): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
  // A link such as /dev/stdout, which only root can change, is followed.
  const follow = whyUntrusted(path) === undefined ? 0 : O_NOFOLLOW;
  const file = openSync(path, O_WRONLY | O_CREAT | follow | (before === "append" ? O_APPEND : 0), 0o600);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return file;
    if (stat.uid !== 0 && stat.uid !== process.geteuid?.()) refuse(path, `it belongs to user ${stat.uid}`);
    if (stat.nlink > 1) refuse(path, "it has other names (hard links), so another file would be overwritten");
    if (before === "replace") ftruncateSync(file);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function refuse(path: string, why: string): never {
  throw new RestoreError("ERR_OPTION", `Cannot write ${path}: ${why}`, {
    hint: "remove it, or choose another file or directory (--work-dir)",
  });
}
