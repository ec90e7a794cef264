import { type Host, type HostCall, type HostCalls, type ImageSet, type Plan, words } from "@restage/core";
import { type Entry, imageFileName, type RegFileEntry } from "@restage/images";
import { AT, AT_FDCWD, O, S_IF } from "@restage/linux/abi";
import type { IdsOutside } from "../../namespaces/user/ids-outside.ts";
import { timeFromImage } from "./format.ts";

/** Bytes that one call writes. */
const PIECE = 128 * 1024;
const PERMISSIONS = 0o7777;
const OWNER_ONLY = 0o600;

export type GhostFile = Entry<"ghost_file">;

/** The image of a ghost file; undefined when there is none. */
export function readGhost(images: ImageSet, number: number): GhostFile | undefined {
  return images.entries("ghost_file", number)[0];
}

/** Refuses a ghost file that cannot be created from its image. */
export function checkGhost(plan: Plan, file: RegFileEntry, number: number): void {
  const what = `deleted file ${file.name}`;
  const ghost = readGhost(plan.images, number);
  if (ghost === undefined) {
    const image = imageFileName("ghost_file", number);
    plan.refuse({
      what,
      why: `the checkpoint has no ${image}, which holds its content`,
      hint: "copy the checkpoint again",
    });
    return;
  }
  const { mode, rdev, symlnk_target } = ghost.value;
  const type = mode & S_IF.MT;
  if (isDevice(type) && rdev === undefined) plan.refuse({ what, why: "its image does not name the device" });
  else if (type === S_IF.LNK && symlnk_target === undefined)
    plan.refuse({ what, why: "its image does not name the target of the link" });
  else if (type === S_IF.REG) checkSize(plan, file, ghost, what);
  else if (![S_IF.DIR, S_IF.IFO, S_IF.LNK].some((known) => known === type) && !isDevice(type)) {
    plan.refuse({ what, why: `files of mode 0${mode.toString(8)} cannot be created` });
  }
}

function checkSize(plan: Plan, file: RegFileEntry, { value, extra }: GhostFile, what: string): void {
  const size = extra.chunks === undefined ? BigInt(extra.content.length) : value.size;
  if (size === undefined) plan.refuse({ what, why: "its image does not record its size" });
  else if (extra.chunks?.some((chunk) => chunk.value.off + chunk.value.len > size) === true) {
    plan.refuse({ what, why: `its image has content beyond its size of ${size} bytes` });
  } else if (file.size !== undefined && file.size !== size) {
    plan.refuse({ what, why: `its image has ${size} bytes, but files.img records ${file.size}` });
  }
}

/** Creates the file without content. Fails with EEXIST if the name is taken. Devices require CAP_MKNOD. */
export function createGhost(calls: HostCalls, { value }: GhostFile, path: string): HostCall {
  const type = value.mode & S_IF.MT;
  if (type === S_IF.DIR) return calls.mkdirat(AT_FDCWD, path, OWNER_ONLY);
  if (type === S_IF.LNK) return calls.symlinkat(value.symlnk_target, AT_FDCWD, path);
  return calls.mknodat(AT_FDCWD, path, type | OWNER_ONLY, value.rdev ?? 0);
}

export function isDirectory({ value }: GhostFile): boolean {
  return (value.mode & S_IF.MT) === S_IF.DIR;
}

/** Sets content, owner, mode and times. Another owner requires CAP_CHOWN. */
export function fillGhost(host: Host, ghost: GhostFile, path: string, ids: IdsOutside): void {
  const { uid, gid, mode, atim, mtim } = ghost.value;
  const type = mode & S_IF.MT;
  if (type === S_IF.REG) writeContent(host, ghost, path);
  host.call.fchownat(AT_FDCWD, path, ids.uid(uid), ids.gid(gid), AT.SYMLINK_NOFOLLOW);
  // After the owner, whose change clears set-user-ID. A symbolic link has no mode of its own.
  if (type !== S_IF.LNK) host.call.fchmodat(AT_FDCWD, path, mode & PERMISSIONS);
  if (atim === undefined || mtim === undefined) return;
  const times = words(...timeFromImage(atim), ...timeFromImage(mtim));
  host.call.utimensat(AT_FDCWD, path, times, AT.SYMLINK_NOFOLLOW);
}

/** Parts that no chunk covers stay holes. */
function writeContent(host: Host, { value, extra }: GhostFile, path: string): void {
  const file = host.call.openat(AT_FDCWD, path, O.WRONLY | O.NOFOLLOW | O.CLOEXEC, 0).result;
  try {
    if (extra.chunks === undefined) writeAt(host, file, extra.content, 0);
    else {
      host.call.ftruncate(file, value.size);
      for (const chunk of extra.chunks) writeAt(host, file, chunk.data, Number(chunk.value.off));
    }
  } finally {
    host.call.close(file);
  }
}

function writeAt(host: Host, file: number, bytes: Uint8Array, offset: number): void {
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + PIECE);
    at += host.call.pwrite64(file, piece, piece.length, offset + at).result;
  }
}

function isDevice(type: number): boolean {
  return type === S_IF.CHR || type === S_IF.BLK;
}
