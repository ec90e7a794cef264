import type { ImageSet, Task } from "@restage/core";
import { loaded, output, words } from "@restage/core";
import type { FileLockEntry, FownEntry } from "@restage/images";
import { ERRNO, F, F_LOCK, O, SIG, SIGSET_SIZE, STAT, signalBit } from "@restage/linux/abi";
import type { OpenFiles } from "../open-files.ts";
import { LOCK_KIND, leaseFromImage } from "./format.ts";

/** Whether the lock is a lease that another process was breaking. */
export function isBreaking({ flag, type }: Pick<FileLockEntry, "flag" | "type">): boolean {
  return flag === LOCK_KIND.LEASE && leaseFromImage(type).isBreaking;
}

/** Records calls that only the owner of a file can make in a user namespace, whose CAP_LEASE has no effect there. */
export function asOwnerOf(task: Task, fd: number, record: () => void): void {
  const stat = output(STAT.size);
  task.call.fstat(fd, stat);
  const user = task.call.setfsuid(loaded(stat, STAT.uid, 4));
  record();
  task.call.setfsuid(user);
}

/**
 * Takes a lease that another process was breaking, and breaks it again: the task opens the file without waiting, in a mode that reduces the lease to
 * the recorded type. The kernel then signals the holder. That signal is dropped, because the holder got it before the checkpoint.
 */
export function breakLease(task: Task, { fd, type }: FileLockEntry, images: ImageSet, files: OpenFiles): void {
  const id = task.descriptors.find((descriptor) => descriptor.fd === fd)?.id ?? -1;
  const { reg } = images.file(id, "filelocks.img");
  if (reg === undefined) return;
  const isRead = (reg.flags & O.ACCMODE) === O.RDONLY;
  asOwnerOf(task, fd, () =>
    task.call
      .fcntl(fd, F.SETLEASE, isRead ? F_LOCK.RDLCK : F_LOCK.WRLCK)
      .hint("another process has the file open: `fuser` names it"),
  );
  const access = leaseFromImage(type).type === F_LOCK.RDLCK ? O.RDONLY : O.WRONLY;
  files.open(task, id, access | O.NONBLOCK).expect(-ERRNO.EAGAIN);
  dropSignal(task, reg.fown);
}

function dropSignal(task: Task, { signum }: FownEntry): void {
  const set = words(signalBit(signum === 0 ? SIG.IO : signum));
  task.call.rt_sigtimedwait(set, 0, words(0n, 0n), SIGSET_SIZE).allow("EAGAIN");
}
