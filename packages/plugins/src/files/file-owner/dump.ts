import type { DumpContext, OpenFile } from "@restage/core";
import type { FownEntry, InputOf } from "@restage/images";
import { F } from "@restage/linux/abi";
import { idsInside } from "../../namespaces/user/ids-inside.ts";
import { room } from "../../room.ts";

export const NO_OWNER: InputOf<FownEntry> = { uid: 0, euid: 0, signum: 0, pid_type: 0, pid: 0 };

/** Owner and group of a file as images have them. @param path in /proc. */
export function ownersOf(path: string, context: DumpContext): { readonly uid: number; readonly gid: number } {
  const ids = idsInside(context);
  const { uid = 0, gid = 0 } = context.host.inode(path) ?? {};
  return { uid: ids.uid(uid), gid: ids.gid(gid) };
}

/** Who is told by a signal that a file is ready, as fcntl(2) tells: F_SETOWN, F_SETSIG. */
export function ownerOf({ descriptor }: OpenFile, context: DumpContext): InputOf<FownEntry> {
  const { host } = context;
  const ids = idsInside(context);
  if (descriptor === undefined) return NO_OWNER;
  const owner = room(8);
  // Not of a file opened with O_PATH.
  if (host.attempt("fcntl", descriptor, F.GETOWN_EX, owner.data) < 0) return NO_OWNER;
  const pid = context.tree.pidInside(owner.view.getInt32(4, true));
  const signum = host.attempt("fcntl", descriptor, F.GETSIG, 0);
  if (pid === 0) return { ...NO_OWNER, signum };
  const users = room(8);
  host.attempt("fcntl", descriptor, F.GETOWNER_UIDS, users.data);
  return {
    uid: ids.uid(users.view.getUint32(0, true)),
    euid: ids.uid(users.view.getUint32(4, true)),
    signum,
    pid_type: owner.view.getInt32(0, true),
    pid,
  };
}
