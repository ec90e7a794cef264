import type { Plan } from "@restage/core";

/** Where a task finds a file: a descriptor of a directory, or AT_FDCWD, and a path from there. openat(2) and the like take both. */
export type Location = readonly [directory: number, path: string];

/**
 * Lets tasks find files of /proc, whatever their mount namespace and their root directory have there: every task keeps a descriptor of this machine's
 * /proc. Paths are relative to it, and pids in them are this process's. Must be called while planning.
 */
export function keepProc({ serviceDescriptors }: Plan): (path: string) => Location {
  const proc = serviceDescriptors.keepOpen("/proc");
  return (path) => [proc, path];
}
