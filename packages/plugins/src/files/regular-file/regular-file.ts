import { type ImageSet, RestoreError } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { O } from "@restage/linux/abi";

/** Flags that only created the file, and flags that are set once it is open. */
const NOT_AGAIN = O.CREAT | O.EXCL | O.TRUNC | O.NOCTTY | O.CLOEXEC;

/**
 * The entry of a file with a path. Throws ERR_IMAGE when the id is that of another kind of file.
 *
 * @param namedBy the image that names the id, for errors.
 */
export function regularFile(images: ImageSet, id: number, namedBy: string): RegFileEntry {
  const { reg } = images.file(id, namedBy);
  if (reg !== undefined) return reg;
  throw new RestoreError("ERR_IMAGE", `File ${id}, named by ${namedBy}, is not a regular file`, { entry: "files.img" });
}

/** The recorded flags that open(2) takes again. */
export function flagsOfOpen(file: RegFileEntry): number {
  const flags = file.flags & ~NOT_AGAIN;
  // A file made with O_TMPFILE comes back as a deleted file. O_TMPFILE includes the bit of O_DIRECTORY, which alone must stay.
  return (flags & O.TMPFILE) === O.TMPFILE ? flags & ~O.TMPFILE : flags;
}
