import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes, type InputOf, type RegFileEntry } from "@restage/images";
import { MAJOR, O, S_IF } from "@restage/linux/abi";
import { isMemfd } from "../../memory/memfd/format.ts";
import { mountIdOf, mountOf } from "../../namespaces/mount/mount-of.ts";
import { nameFile } from "../deleted-file/dump.ts";
import { ownerOf } from "../file-owner/dump.ts";

/** Files with a path: regular ones, directories, and devices that have no state of their own. */
export function regularFiles(): Plugin {
  return definePlugin({
    name: "regular-files",
    duty: "regular-files",
    dump({ describeFile }) {
      describeFile.tap("regular-files", (file, context) => {
        if (!isRegular(file)) return undefined;
        return { type: fdTypes.REG, reg: regularEntry(file, context, file.id) };
      });
    },
  });
}

function isRegular(file: OpenFile): boolean {
  const { link, stat } = file;
  if (!link.startsWith("/") || isMemfd(file)) return false;
  const type = stat.mode & S_IF.MT;
  // Any process may open these again: null, zero, full, random, urandom, kmsg.
  if (type === S_IF.CHR) return stat.rdev >> 8n === BigInt(MAJOR.MEM);
  return type === S_IF.REG || type === S_IF.DIR;
}

/**
 * The entry of a file with a path, or with one that it had.
 *
 * @param id the entry's.
 */
export function regularEntry(file: OpenFile, context: DumpContext, id: number): InputOf<RegFileEntry> {
  const { flags, stat } = file;
  const isAppending = (flags & O.ACCMODE) === O.WRONLY && (flags & O.APPEND) !== 0;
  const hasSize = (stat.mode & S_IF.MT) === S_IF.REG && !isAppending;
  return {
    id,
    flags,
    pos: file.position,
    fown: ownerOf(file, context),
    mode: stat.mode,
    ...(hasSize ? { size: stat.size } : {}),
    ...placeOf(file, context, id),
  };
}

/** Where a restore finds it: by its path, or with its caller (`--external file[MOUNT:INODE]`, hexadecimal numbers). */
function placeOf(
  file: OpenFile,
  context: DumpContext,
  id: number,
): Pick<InputOf<RegFileEntry>, "name" | "ext" | "mnt_id"> {
  const { external } = context.options;
  // The mount of a mapped file can be looked at with CAP_CHECKPOINT_RESTORE only.
  if (external.some((resource) => resource.startsWith("file["))) {
    const name = `file[${mountIdOf(file, context).toString(16)}:${file.stat.ino.toString(16)}]`;
    if (external.includes(name)) return { name, ext: true };
  }
  return { name: nameFile(file, context, id) ?? file.link, ...mountOf(file, context) };
}
