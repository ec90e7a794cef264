import { definePlugin, type Host, type Plan, type Plugin, struct, type Task } from "@restage/core";
import type { FileEntry, FownEntry } from "@restage/images";
import { F, F_OWNER, O, PR, SETTABLE_FLAGS } from "@restage/linux/abi";

/** A descriptor through which a file gets its owner, and its flags. */
interface OwnedFile {
  readonly fd: number;
  readonly owner: FownEntry;
  readonly flags: number;
}

/** Real and effective user id. */
interface UserIds {
  readonly uid: number;
  readonly euid: number;
}

/**
 * RESTORE_SIGCHLD: who gets the signals of a file, and which (F_SETOWN, F_SETSIG), and whether it sends any (O_ASYNC), for files of every type.
 * Threads can be owners, so all have to be there; and the signals tell the number of the descriptor through which O_ASYNC was set.
 *
 * The kernel keeps the ids of whoever says so and later lets the signals through by them, hence the change of ids. Requires CAP_SETUID.
 */
export function fileOwners(): Plugin {
  return definePlugin({
    name: "file-owners",
    duty: "file-owners",
    stages: {
      RESTORE_SIGCHLD: "who gets the signals of a file (F_SETOWN), and which (F_SETSIG); O_ASYNC",
    },
    apply({ plan, stages }) {
      let owned: ReadonlyMap<Task, readonly OwnedFile[]> = new Map();
      let own: UserIds = { uid: 0, euid: 0 };
      plan.tap("file-owners", (plan) => {
        own = ownIds(plan.host);
        owned = ownedFiles(plan);
      });
      stages.RESTORE_SIGCHLD.task.tap("file-owners", (task) => {
        for (const { fd, owner, flags } of owned.get(task) ?? []) {
          if (owner.signum !== 0) task.call.fcntl(fd, F.SETSIG, owner.signum);
          if (owner.pid !== 0) setOwner(task, fd, owner, own);
          if ((flags & O.ASYNC) !== 0) task.call.fcntl(fd, F.SETFL, flags & (SETTABLE_FLAGS | O.ASYNC));
        }
      });
    },
  });
}

function setOwner(task: Task, fd: number, owner: FownEntry, own: UserIds): void {
  const { call } = task;
  const foreign = owner.uid !== own.uid || owner.euid !== own.euid;
  // The saved id stays, and with it the way back.
  if (foreign) call.setresuid(owner.uid, owner.euid, -1);
  call
    .fcntl(fd, F.SETOWN_EX, struct([4, owner.pid_type], [4, owner.pid]))
    .hint(
      `${owner.pid}, to whom the signals of descriptor ${fd} go, is gone: rewrite the owner of its entry, or restore its process too`,
    );
  if (!foreign) return;
  call.setresuid(own.uid, own.euid, -1);
  // Changed ids take it away, and files in /proc would be root's.
  call.prctl(PR.SET_DUMPABLE, 1, 0, 0, 0);
}

/** Each file with an owner, by the first task that has it. */
function ownedFiles(plan: Plan): ReadonlyMap<Task, readonly OwnedFile[]> {
  const seen = new Set<number>();
  const found = new Map<Task, OwnedFile[]>();
  for (const task of plan.survivors) {
    for (const { id, fd } of task.descriptors) {
      if (seen.has(id)) continue;
      seen.add(id);
      const { fown: owner, flags = 0 } = stateOf(plan, plan.images.file(id, `fdinfo of task ${task.pid}`)) ?? {};
      if (owner === undefined || (owner.pid === 0 && owner.signum === 0 && (flags & O.ASYNC) === 0)) continue;
      checkOwner(plan, task, fd, owner);
      found.set(task, [...(found.get(task) ?? []), { fd, owner, flags }]);
    }
  }
  return found;
}

/** What a file of any type has. */
interface FileState {
  readonly fown: FownEntry;
  readonly flags?: number;
}

/** Every type of file that can have an owner has a member `fown`. A fifo's is that of the file that its path leads to. */
function stateOf(plan: Plan, file: FileEntry): FileState | undefined {
  const { regf_id } = file.fifo ?? {};
  if (regf_id !== undefined) return stateOf(plan, plan.images.file(regf_id, "a fifo in files.img"));
  for (const member of Object.values(file)) {
    if (typeof member === "object" && member !== null && "fown" in member) return member as FileState;
  }
  return undefined;
}

function checkOwner(plan: Plan, task: Task, fd: number, { pid, pid_type }: FownEntry): void {
  if (pid === 0 || pid_type === F_OWNER.PGRP) return;
  const inTree = plan.tree.tasks.some((other) => other.threads.some(({ tid }) => tid === pid));
  if (inTree || plan.host.stat(`/proc/${pid}`) !== "missing") return;
  plan.refuse({
    what: `descriptor ${fd}`,
    why: `its signals go to ${pid} (F_SETOWN), which is no task of the checkpoint and does not exist here`,
    hint: "rewrite the owner of its entry to a process that exists, or to 0",
    pid: task.pid,
  });
}

/** Ids of this process, with which tasks begin. */
function ownIds(host: Host): UserIds {
  const [, uid = 0, euid = 0] = /^Uid:\s*(\d+)\s+(\d+)/m.exec(host.readText("/proc/self/status") ?? "") ?? [];
  return { uid: Number(uid), euid: Number(euid) };
}
