import { definePlugin, type Host, type Plan, type Plugin, type Task } from "@restage/core";
import type { FileEntry, FownEntry } from "@restage/images";
import { F, F_OWNER, O, PR, SETTABLE_FLAGS } from "@restage/linux/abi";
import { encodeOwner } from "./format.ts";

/** A descriptor by which the owner and the flags of a file are set. */
interface OwnedFile {
  readonly fd: number;
  readonly owner: FownEntry;
  readonly flags: number;
}

/** Real and effective user ids. */
interface UserIds {
  readonly uid: number;
  readonly euid: number;
}

/**
 * RESTORE_SIGCHLD: sets the owner of each file's signals (F_SETOWN), the signal (F_SETSIG) and O_ASYNC, for files of every type. By then every
 * thread exists, and a thread can be an owner. A signal reports the number of the descriptor by which O_ASYNC was set.
 *
 * The kernel records the user ids of the caller of F_SETOWN and checks later signals against them, so the task changes its ids for the call.
 * Requires CAP_SETUID.
 */
export function fileOwners(): Plugin {
  return definePlugin({
    name: "file-owners",
    duty: "file-owners",
    stages: {
      RESTORE_SIGCHLD: "sets the owner of each file's signals (F_SETOWN), the signal (F_SETSIG) and O_ASYNC",
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
  // The saved id stays, so the task can change back.
  if (foreign) call.setresuid(owner.uid, owner.euid, -1);
  call
    .fcntl(fd, F.SETOWN_EX, encodeOwner(owner))
    .hint(
      `process ${owner.pid}, the owner of the signals of descriptor ${fd}, does not exist: rewrite the owner in the file's entry, or restore that process too`,
    );
  if (!foreign) return;
  call.setresuid(own.uid, own.euid, -1);
  // A change of ids clears this flag, and the task's files in /proc would then belong to root.
  call.prctl(PR.SET_DUMPABLE, 1, 0, 0, 0);
}

/** Each file with an owner, once, under the first task that holds it. */
function ownedFiles(plan: Plan): ReadonlyMap<Task, readonly OwnedFile[]> {
  const seen = new Set<number>();
  const found = new Map<Task, OwnedFile[]>();
  for (const task of plan.survivors) {
    for (const { id, fd } of task.descriptors) {
      if (seen.has(id)) continue;
      seen.add(id);
      const { fown: owner, flags = 0 } = stateOf(plan, plan.images.file(id, `fdinfo of ${task.name}`)) ?? {};
      if (owner === undefined || (owner.pid === 0 && owner.signum === 0 && (flags & O.ASYNC) === 0)) continue;
      checkOwner(plan, task, fd, owner);
      found.set(task, [...(found.get(task) ?? []), { fd, owner, flags }]);
    }
  }
  return found;
}

/** Fields that files of every type have. */
interface FileState {
  readonly fown: FownEntry;
  readonly flags?: number;
}

/** The member of an entry that has a field `fown`. The owner of a fifo is in the entry of its path. */
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
    why: `its signals go to process ${pid} (F_SETOWN), which is not in the checkpoint and does not exist on this machine`,
    hint: "rewrite the owner in the file's entry: a process that exists, or 0",
    remedy: "machine",
    pid: task.pid,
  });
}

/** The user ids of this process, which its tasks start with. */
function ownIds(host: Host): UserIds {
  const [, uid = 0, euid = 0] = /^Uid:\s*(\d+)\s+(\d+)/m.exec(host.readText("/proc/self/status") ?? "") ?? [];
  return { uid: Number(uid), euid: Number(euid) };
}
