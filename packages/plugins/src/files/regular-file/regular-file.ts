import { type ImageSet, RestoreError, type Task, type Value } from "@restage/core";
import type { RegFileEntry } from "@restage/images";
import { O, S_IF, SEEK } from "@restage/linux/abi";

/** The position in images of a file that has none. */
const NO_POSITION = 0xffff_ffff_ffff_ffffn;

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
  // Only open(2) can set O_ASYNC of a regular file, where it has no effect. Of other files it would hide the flag from fcntl(2), which has one.
  const isRegular = file.mode === undefined || (file.mode & S_IF.MT) === S_IF.REG;
  const flags = file.flags & ~(isRegular ? NOT_AGAIN : NOT_AGAIN | O.ASYNC);
  // A file made with O_TMPFILE comes back as a deleted file. O_TMPFILE includes the bit of O_DIRECTORY, which alone must stay.
  return (flags & O.TMPFILE) === O.TMPFILE ? flags & ~O.TMPFILE : flags;
}

/** Records the positioning of a file that was just opened. */
export function setPosition(task: Task, descriptor: Value, { flags, pos }: RegFileEntry): void {
  if ((flags & O.PATH) !== 0 || pos === NO_POSITION || pos === 0n) return;
  task.call.lseek(descriptor, pos, SEEK.SET).expect(pos);
}
