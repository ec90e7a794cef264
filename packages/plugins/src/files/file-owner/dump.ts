import { statSync } from "node:fs";
import type { FownEntry, InputOf } from "@restage/images";
import { F } from "@restage/linux/abi";
import { attempt, room } from "../../attempt.ts";
import type { FrozenTree } from "@restage/core";
import type { OpenFile } from "@restage/core";

export const NO_OWNER: InputOf<FownEntry> = { uid: 0, euid: 0, signum: 0, pid_type: 0, pid: 0 };

/** Owner and group of a file as images have them. @param path in /proc. */
export function ownersOf(path: string, { ids }: FrozenTree): { readonly uid: number; readonly gid: number } {
  const { uid, gid } = statSync(path);
  return { uid: ids.uid(uid), gid: ids.gid(gid) };
}

/** Who is told by a signal that a file is ready, as fcntl(2) tells: F_SETOWN, F_SETSIG. */
export function ownerOf({ descriptor }: OpenFile, tree: FrozenTree): InputOf<FownEntry> {
  const { host, ids } = tree;
  if (descriptor === undefined) return NO_OWNER;
  const owner = room(8);
  // Not of a file opened with O_PATH.
  if (attempt(host, "fcntl", descriptor, F.GETOWN_EX, owner.data) < 0) return NO_OWNER;
  const pid = tree.pidInside(owner.view.getInt32(4, true));
  const signum = attempt(host, "fcntl", descriptor, F.GETSIG, 0);
  if (pid === 0) return { ...NO_OWNER, signum };
  const users = room(8);
  attempt(host, "fcntl", descriptor, F.GETOWNER_UIDS, users.data);
  return {
    uid: ids.uid(users.view.getUint32(0, true)),
    euid: ids.uid(users.view.getUint32(4, true)),
    signum,
    pid_type: owner.view.getInt32(0, true),
    pid,
  };
}
