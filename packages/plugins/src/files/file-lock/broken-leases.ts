import type { ImageSet, Task } from "@restage/core";
import { words } from "@restage/core";
import type { FileLockEntry, FownEntry } from "@restage/images";
import { ERRNO, F, F_LOCK, O, SIG, SIGSET_SIZE, signalBit } from "@restage/linux/abi";
import type { OpenFiles } from "../open-files.ts";

/** The kind of leases, and what is set in the type of one that somebody was breaking. Source: CRIU criu/include/file-lock.h. */
const LEASE = 8;
const BREAKING = 4;

/** Was somebody breaking it? */
export function isBreaking({ flag, type }: Pick<FileLockEntry, "flag" | "type">): boolean {
  return flag === LEASE && (type & BREAKING) !== 0;
}

/**
 * A lease that somebody was breaking is taken, and broken again by the task itself: opened without waiting, in a way that leads to the type to
 * which it was to be reduced. What the kernel signals its holder then, the holder has been told already.
 *
 * Requires the file to be the user's, or CAP_LEASE.
 */
export function breakLease(task: Task, { fd, type }: FileLockEntry, images: ImageSet, files: OpenFiles): void {
  const id = task.descriptors.find((descriptor) => descriptor.fd === fd)?.id ?? -1;
  const { reg } = images.file(id, "filelocks.img");
  if (reg === undefined) return;
  const isRead = (reg.flags & O.ACCMODE) === O.RDONLY;
  task.call
    .fcntl(fd, F.SETLEASE, isRead ? F_LOCK.RDLCK : F_LOCK.WRLCK)
    .hint("somebody else has the file open: `fuser` names who");
  const access = (type & ~BREAKING) === F_LOCK.RDLCK ? O.RDONLY : O.WRONLY;
  files.open(task, id, access | O.NONBLOCK).expect(-ERRNO.EAGAIN);
  dropSignal(task, reg.fown);
}

function dropSignal(task: Task, { signum }: FownEntry): void {
  const set = words(signalBit(signum === 0 ? SIG.IO : signum));
  task.call.rt_sigtimedwait(set, 0, words(0n, 0n), SIGSET_SIZE).allow("EAGAIN");
}
