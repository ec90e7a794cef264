import type { DumpContext, OpenFile } from "@restage/core";
import type { InputOf, RegFileEntry } from "@restage/images";
import { O, S_IF } from "@restage/linux/abi";
import { locateQueue } from "../../namespaces/ipc/posix-queue/locate-queue.ts";
import { externalName, mountOf } from "../../namespaces/mount/mount-of.ts";
import { nameFile } from "../deleted-file/name-file.ts";
import { ownerOf } from "../file-owner/owner-of.ts";

/**
 * The image entry of a file that has a path, or had one.
 *
 * @param id the number of the entry in files.img.
 */
export function regularEntry(file: OpenFile, context: DumpContext, id: number): InputOf<RegFileEntry> {
  const { flags, stat } = file;
  // A restore compares sizes, and a file that is open for appending grows.
  const isAppending = (flags & O.ACCMODE) === O.WRONLY && (flags & O.APPEND) !== 0;
  const hasSize = (stat.mode & S_IF.MT) === S_IF.REG && !isAppending;
  return {
    id,
    flags,
    pos: file.position,
    fown: ownerOf(file, context),
    mode: stat.mode,
    ...(hasSize ? { size: stat.size } : {}),
    ...locate(file, context, id),
  };
}

/** How a restore finds the file: by its path, or from its caller (`--external file[MOUNT:INODE]`, in hexadecimal). */
function locate(
  file: OpenFile,
  context: DumpContext,
  id: number,
): Pick<InputOf<RegFileEntry>, "name" | "ext" | "mnt_id"> {
  const { external } = context.options;
  // Reading the mount of a mapped file requires CAP_CHECKPOINT_RESTORE, so it is read only when an option asks for it.
  if (external.some((resource) => resource.startsWith("file["))) {
    const name = externalName(file, context);
    if (external.includes(name)) return { name, ext: true };
  }
  const queue = locateQueue(file, context);
  return queue ?? { name: nameFile(file, context, id) ?? file.link, ...mountOf(file, context) };
}
