/** What the kernel appends to the link of a deleted file in /proc. */
const DELETED = " (deleted)";

/** Whether a link in /proc leads to a deleted name. */
export function isDeletedName(link: string): boolean {
  return link.endsWith(DELETED);
}

/** The name that a link in /proc shows, without the mark of a deleted file. */
export function nameBeforeDeletion(link: string): string {
  return isDeletedName(link) ? link.slice(0, -DELETED.length) : link;
}
