import type { OwnInodeEntry } from "@restage/images";

/** Permissions of new files, by the beginning of their links in /proc. */
const PERMISSIONS: Readonly<Record<string, number>> = { "pipe:": 0o600, "socket:": 0o777 };

/** Whether it is a file without a name that has an owner of its own. */
export function isOwned(link: string): boolean {
  return permissionsOf(link) !== undefined;
}

/** Whether a file is as the root user makes it. */
export function isDefault(link: string, { uid, gid, mode }: Pick<OwnInodeEntry, "uid" | "gid" | "mode">): boolean {
  return uid === 0 && gid === 0 && mode === permissionsOf(link);
}

function permissionsOf(link: string): number | undefined {
  return PERMISSIONS[link.slice(0, link.indexOf(":") + 1)];
}
