import type { Host } from "@restage/core";
import { PR, SECBIT } from "@restage/linux/abi";

/**
 * Makes files as the root user of a tree. A file system that was mounted in a user namespace refuses new files of a user without an id there, even
 * those of the host's root. This process keeps its own privileges, so no directory is closed to it.
 *
 * @param root the ids of the user and the group outside the tree.
 * @param work must be synchronous.
 */
export function asRootOf<T>(
  { call }: Host,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  work: () => T,
): T {
  if (uid === 0 && gid === 0) return work();
  const bits = call.prctl(PR.GET_SECUREBITS, 0, 0, 0, 0).result;
  call.prctl(PR.SET_SECUREBITS, bits | SECBIT.NO_SETUID_FIXUP, 0, 0, 0);
  const [ownGid, ownUid] = [call.setfsgid(gid).result, call.setfsuid(uid).result];
  try {
    return work();
  } finally {
    call.setfsuid(ownUid);
    call.setfsgid(ownGid);
    call.prctl(PR.SET_SECUREBITS, bits, 0, 0, 0);
  }
}
