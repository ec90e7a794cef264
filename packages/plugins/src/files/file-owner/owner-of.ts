import type { DumpContext, OpenFile } from "@restage/core";
import type { FownEntry, InputOf } from "@restage/images";
import { F } from "@restage/linux/abi";
import { idsInside } from "../../namespaces/user/ids-inside.ts";
import { room } from "../../room.ts";
import { decodeOwner, NO_OWNER, OWNER_SIZE } from "./format.ts";

/** The process or group that a file signals when it is ready, and the signal (F_SETOWN, F_SETSIG). Source: fcntl(2). */
export function ownerOf({ descriptor }: OpenFile, context: DumpContext): InputOf<FownEntry> {
  if (descriptor === undefined) return NO_OWNER;
  const { host } = context;
  const answer = room(OWNER_SIZE);
  // Fails for a file opened with O_PATH, which has no owner.
  if (host.attempt("fcntl", descriptor, F.GETOWN_EX, answer.data) < 0) return NO_OWNER;
  const { pid_type, pid: hostPid } = decodeOwner(answer.view);
  const pid = context.tree.pidInside(hostPid);
  const signum = host.attempt("fcntl", descriptor, F.GETSIG, 0);
  if (pid === 0) return { ...NO_OWNER, signum };
  const users = room(8);
  host.attempt("fcntl", descriptor, F.GETOWNER_UIDS, users.data);
  const ids = idsInside(context);
  return {
    uid: ids.uid(users.view.getUint32(0, true)),
    euid: ids.uid(users.view.getUint32(4, true)),
    signum,
    pid_type,
    pid,
  };
}
