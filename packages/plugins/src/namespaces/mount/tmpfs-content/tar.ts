/**
 * The words of a command that runs as root of a task's user namespace, so that the owners in an archive are the ids inside. Requires nsenter of
 * util-linux.
 */
export function withOwnersInside(pid: number, command: readonly string[]): readonly string[] {
  return ["nsenter", "--user", "--target", String(pid), "--setuid", "0", "--setgid", "0", ...command];
}

export const PROGRAMS_HINT = "install GNU tar, and nsenter of util-linux for a tree with a user namespace";
