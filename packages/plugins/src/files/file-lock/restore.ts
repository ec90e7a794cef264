import { definePlugin, type Plan, type Plugin, type Task } from "@restage/core";
import type { FileLockEntry } from "@restage/images";
import { F, F_LOCK, LOCK } from "@restage/linux/abi";
import { OpenFiles } from "../open-files.ts";
import { asOwnerOf, breakLease, isBreaking } from "./broken-leases.ts";
import { encodeLock, LOCK_KIND } from "./format.ts";

const KIND_NAMES = new Map<number, string>([
  [LOCK_KIND.POSIX, "POSIX lock"],
  [LOCK_KIND.FLOCK, "BSD lock (flock)"],
  [LOCK_KIND.OFD, "open file description lock"],
  [LOCK_KIND.LEASE, "lease"],
]);

const HELD = "another process holds a lock on the file (`lslocks` names it): end it or wait for it, then restore again";
const LEASED =
  "another process has the file open (`fuser` names it), or the file belongs to a user without an id in the tree's user namespace";

/**
 * RESTORE_SIGCHLD: takes file locks, in the tasks that held them, through the descriptors that they used. By then the restore has closed its own
 * descriptors of these files: closing any of them would release a POSIX lock.
 */
export function fileLocks(): Plugin {
  return definePlugin({
    name: "file-locks",
    duty: "file-locks",
    needs: ["descriptors"],
    uses: [OpenFiles],
    stages: { RESTORE_SIGCHLD: "takes file locks and leases, with --file-locks" },
    apply({ plan, stages, service }) {
      plan.tap("file-locks", (plan) => checkLocks(plan, plan.images.values("file_locks")));
      stages.RESTORE_SIGCHLD.task.tap("file-locks", (task, { images }) => {
        for (const lock of images.values("file_locks")) {
          if (lock.pid !== task.pid) continue;
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
    case LOCK_KIND.POSIX:
      task.call.fcntl(fd, F.SETLK, encodeLock(lock)).hint(HELD);
      break;
    case LOCK_KIND.OFD:
      task.call.fcntl(fd, F.OFD_SETLK, encodeLock(lock)).hint(HELD);
      break;
    case LOCK_KIND.FLOCK:
      task.call.flock(fd, (type === F_LOCK.WRLCK ? LOCK.EX : LOCK.SH) | LOCK.NB).hint(HELD);
      break;
    case LOCK_KIND.LEASE:
      asOwnerOf(task, fd, () => task.call.fcntl(fd, F.SETLEASE, type).hint(LEASED));
      break;
  }
}

function checkLocks(plan: Plan, locks: readonly FileLockEntry[]): void {
  if (locks.length > 0 && !plan.options.fileLocks) {
    const why = `the tasks of the checkpoint held ${locks.length}`;
    plan.refuse({ what: "file locks", why, hint: "take them again with --file-locks", remedy: "options" });
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
  if (!KIND_NAMES.has(flag)) return `filelocks.img has the unknown kind ${flag}`;
  if (task?.survives !== true) return `its holder, process ${pid}, is not a running task of the checkpoint`;
  if (!task.descriptors.some((descriptor) => descriptor.fd === fd)) return `${task.name} does not have this descriptor`;
  if (isBreaking({ flag, type })) return undefined;
  if (type !== F_LOCK.RDLCK && type !== F_LOCK.WRLCK) return `Linux no longer supports locks of type ${type}`;
  return undefined;
}
