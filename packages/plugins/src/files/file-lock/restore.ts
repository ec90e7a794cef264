import { definePlugin, type ImageSet, type Plan, type Plugin, struct, type Task } from "@restage/core";
import type { FileLockEntry } from "@restage/images";
import { F, F_LOCK, LOCK, SEEK } from "@restage/linux/abi";
import { OpenFiles } from "../open-files.ts";
import { breakLease, isBreaking } from "./broken-leases.ts";

/** Kinds of locks in filelocks.img. Source: CRIU criu/include/file-lock.h. */
const KIND = { POSIX: 1, FLOCK: 2, OFD: 4, LEASE: 8 } as const;
const KIND_NAMES = new Map<number, string>([
  [KIND.POSIX, "POSIX lock"],
  [KIND.FLOCK, "BSD lock (flock)"],
  [KIND.OFD, "lock of an open file description"],
  [KIND.LEASE, "lease"],
]);

const HELD =
  "another process has a lock on the file: `lslocks` names it; end it, or wait until it is done, and restore again";
const LEASED =
  "somebody else has the file open, or it is another user's and CAP_LEASE is missing: `fuser` names who has it";

/**
 * RESTORE_SIGCHLD: file locks, taken by the tasks that had them, through the descriptors that they had. After the last descriptor of a file
 * has been closed that the restore itself had: a process loses its POSIX locks with any of them.
 */
export function fileLocks(): Plugin {
  return definePlugin({
    name: "file-locks",
    duty: "file-locks",
    needs: ["descriptors"],
    uses: [OpenFiles],
    stages: { RESTORE_SIGCHLD: "file locks and leases, with --file-locks" },
    apply({ plan, stages, service }) {
      let locks: readonly FileLockEntry[] = [];
      let images: ImageSet | undefined;
      plan.tap("file-locks", (plan) => {
        images = plan.images;
        locks = plan.images.values("file_locks");
        checkLocks(plan, locks);
      });
      stages.RESTORE_SIGCHLD.task.tap("file-locks", (task) => {
        for (const lock of locks) {
          if (lock.pid !== task.pid || images === undefined) continue;
          if (isBreaking(lock)) breakLease(task, lock, images, service(OpenFiles));
          else take(task, lock);
        }
      });
    },
  });
}

function take(task: Task, lock: FileLockEntry): void {
  const { fd, type } = lock;
  switch (lock.flag) {
    case KIND.POSIX:
      task.call.fcntl(fd, F.SETLK, range(lock)).hint(HELD);
      break;
    case KIND.OFD:
      task.call.fcntl(fd, F.OFD_SETLK, range(lock)).hint(HELD);
      break;
    case KIND.FLOCK:
      task.call.flock(fd, (type === F_LOCK.WRLCK ? LOCK.EX : LOCK.SH) | LOCK.NB).hint(HELD);
      break;
    case KIND.LEASE:
      task.call.fcntl(fd, F.SETLEASE, type).hint(LEASED);
      break;
  }
}

/** struct flock of x86_64: type and whence are 16 bits each; the pid is 0, as OFD locks ask for. */
function range({ type, start, len }: FileLockEntry) {
  return struct([4, type | (SEEK.SET << 16)], [4, 0], [8, start], [8, len], [4, 0], [4, 0]);
}

function checkLocks(plan: Plan, locks: readonly FileLockEntry[]): void {
  if (locks.length > 0 && !plan.options.fileLocks) {
    const why = `there are ${locks.length}, held by the tasks of the checkpoint`;
    plan.refuse({ what: "file locks", why, hint: "take them again with --file-locks" });
    return;
  }
  for (const lock of locks) {
    const why = problemOf(plan, lock);
    const what = `${KIND_NAMES.get(lock.flag) ?? "file lock"} on descriptor ${lock.fd}`;
    if (why !== undefined) plan.refuse({ what, why, pid: lock.pid });
  }
}

function problemOf(plan: Plan, { flag, type, pid, fd }: FileLockEntry): string | undefined {
  const task = plan.tree.byPid(pid);
  if (!KIND_NAMES.has(flag)) return `kind ${flag} in filelocks.img is none`;
  if (task?.survives !== true) return `its holder ${pid} is no task that goes on`;
  if (!task.descriptors.some((descriptor) => descriptor.fd === fd)) return `task ${pid} has no such descriptor`;
  if (isBreaking({ flag, type })) return undefined;
  if (type !== F_LOCK.RDLCK && type !== F_LOCK.WRLCK) return `locks of type ${type} are no longer known to Linux`;
  return undefined;
}
