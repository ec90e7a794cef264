import type { OpenFile } from "@restage/core";

/** The name of shared anonymous memory, which images keep as a memfd. */
export const ANONYMOUS_NAME = "/dev/zero";

const PREFIX = "/memfd:";
const SUFFIX = " (deleted)";

/** What /proc calls anonymous memory in huge pages: files of hugetlbfs. Source: mm/mmap.c. */
export const ANONYMOUS_HUGE_LINK: string = `/anon_hugepage${SUFFIX}`;

const ANONYMOUS_LINKS: readonly string[] = [ANONYMOUS_NAME + SUFFIX, ANONYMOUS_HUGE_LINK];

/** Whether a file is a memfd or shared anonymous memory. Both are in the kernel's own mounts, so nobody can open them by a path. */
export function isMemfd({ link, stat }: Pick<OpenFile, "link" | "stat">): boolean {
  return stat.nlink === 0 && link.endsWith(SUFFIX) && (link.startsWith(PREFIX) || ANONYMOUS_LINKS.includes(link));
}

/** The name that memfd_create(2) takes, from the link in /proc. */
export function nameOf({ link }: Pick<OpenFile, "link">): string {
  return link.slice(link.startsWith(PREFIX) ? PREFIX.length : 0, -SUFFIX.length);
}
