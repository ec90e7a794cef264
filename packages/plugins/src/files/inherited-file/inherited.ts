import type { RestoreOptions } from "@restage/core";
import type { FileEntry } from "@restage/images";

/** Whether the caller hands over a descriptor for a file (`--inherit-fd`). */
export function isInherited(options: RestoreOptions, file: FileEntry): boolean {
  return inheritedDescriptor(options, file) !== undefined;
}

/**
 * The caller's descriptor for a file, by the names that CRIU gives to files: a path without its first slash, `file[mnt_id:inode]` for an external
 * file, `pipe:[id]`, `socket:[inode]`.
 */
export function inheritedDescriptor({ inheritFd }: RestoreOptions, { reg, pipe, usk }: FileEntry): number | undefined {
  if (usk !== undefined) return inheritFd[`socket:[${usk.ino}]`];
  if (pipe !== undefined) return inheritFd[`pipe:[${pipe.pipe_id}]`];
  if (reg === undefined) return undefined;
  return inheritFd[reg.ext === true ? reg.name : reg.name.slice(1)];
}
