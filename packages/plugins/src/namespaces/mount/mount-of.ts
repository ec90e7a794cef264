import type { DumpContext, OpenFile } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { ownNamespace } from "../nested/dump.ts";

const MOUNT = /^mnt_id:\s*(\d+)/m;

/** What stands in a file's entry: its mount, in a tree with mounts of its own; nothing in another one. */
export function mountOf(file: OpenFile, context: DumpContext): { readonly mnt_id?: number } {
  return ownNamespace(context, "mnt") === undefined ? {} : { mnt_id: mountIdOf(file, context) };
}

/** The mount by which a file was opened. */
export function mountIdOf({ proc, info }: OpenFile, context: DumpContext): number {
  return Number(MOUNT.exec(info === "" ? infoOf(proc, context) : info)?.[1] ?? -1);
}

/** /proc/PID/fdinfo of a file that is open for it alone. */
function infoOf(proc: string, { host }: DumpContext): string {
  const file = host.call.openat(AT_FDCWD, proc, O.PATH | O.CLOEXEC, 0).result;
  try {
    return host.readText(`/proc/self/fdinfo/${file}`) ?? "";
  } finally {
    host.call.close(file);
  }
}
