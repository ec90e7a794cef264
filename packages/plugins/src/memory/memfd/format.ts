import type { OpenFile } from "@restage/core";

/** The name of shared anonymous memory, which images keep as a memfd. */
export const ANONYMOUS_NAME = "/dev/zero";

const PREFIX = "/memfd:";
const SUFFIX = " (deleted)";

/** Is a file a memfd or shared anonymous memory? Both are in the kernel's own mount of tmpfs, so nobody can open them by a path. */
export function isMemfd({ link, stat }: Pick<OpenFile, "link" | "stat">): boolean {
  return stat.nlink === 0 && link.endsWith(SUFFIX) && (link.startsWith(PREFIX) || link === ANONYMOUS_NAME + SUFFIX);
}

/** The name that memfd_create(2) takes, from the link in /proc. */
export function nameOf({ link }: Pick<OpenFile, "link">): string {
  return link.slice(link.startsWith(PREFIX) ? PREFIX.length : 0, -SUFFIX.length);
}
