import { fileSystems, type MntEntry } from "@restage/images";

const NUMBERS = new Map(Object.entries(fileSystems).map(([number, type]) => [type, Number(number)]));

/** The number that images give to a type of file system; undefined for types that CRIU does not make again. */
export function fileSystemNumber(type: string): number | undefined {
  return NUMBERS.get(type);
}

export function fileSystemType({ fstype }: Pick<MntEntry, "fstype">): string | undefined {
  return fileSystems[fstype];
}

/** What the kernel appends to a mount's root in mountinfo when it has been deleted. Source: fs/d_path.c. */
const DELETED = "//deleted";

/** The root of a mount without the kernel's mark of deletion. */
export function pathOfRoot(root: string): string {
  return isDeletedRoot(root) ? root.slice(0, -DELETED.length) : root;
}

export function isDeletedRoot(root: string): boolean {
  return root.endsWith(DELETED);
}
