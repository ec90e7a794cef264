import type { DumpContext, Mapping, SeizedTask, SeizedTree } from "@restage/core";
import type { AddressRange, CopyRequest, ProcessCopy } from "@restage/linux";
import { kindOf } from "../mappings/format.ts";
import { lackOfRoom } from "./room-for-copies.ts";

/** A task with less memory of its own is read faster than it is copied. */
const LEAST_MEMORY = 8 * 1024 * 1024;

const WHAT = "its memory is read while the tree is frozen";

/**
 * Copies tasks with much private memory, so that it can be read when the tree runs again. A task that must not be copied is noted.
 *
 * The copies are orphans. The process that adopts them is notified when they end, so no task of the tree may adopt them.
 */
export function copyTasks(tree: SeizedTree, context: DumpContext): ReadonlyMap<SeizedTask, ProcessCopy> {
  const copies = new Map<SeizedTask, ProcessCopy>();
  const note = (task: SeizedTask, why: string) =>
    context.findings.note({ what: task.name, why: `${WHAT}: ${why}`, pid: task.pid });
  const wanted: SeizedTask[] = [];
  for (const task of tree.alive) {
    if (privateMemoryOf(task) < LEAST_MEMORY) continue;
    const why = obstacleOf(task, tree) ?? lackOfRoom(task, wanted.length + 1, privateMemoryOf(task), context.host);
    if (why === undefined) wanted.push(task);
    else note(task, why);
  }
  if (wanted.length === 0) return copies;
  const made = context.seizer.copy(wanted.map(requestOf));
  wanted.forEach((task, index) => {
    const copy = made[index];
    if (copy === undefined || "failure" in copy) note(task, copy?.failure ?? "there is no copy");
    else copies.set(task, copy);
  });
  return copies;
}

/** Whether a child does not get the content of a mapping (MADV_DONTFORK, MADV_WIPEONFORK). */
export function isKeptFromChildren({ flags }: Mapping): boolean {
  return flags.has("dc") || flags.has("wf");
}

/** Bytes, in memory and swapped out. */
function privateMemoryOf({ leader: { status } }: SeizedTask): number {
  const kibibytes = (name: string) => Number.parseInt(status.get(name) ?? "0", 10);
  return 1024 * (kibibytes("RssAnon") + kibibytes("VmSwap"));
}

function obstacleOf(task: SeizedTask, { tasks, alive }: SeizedTree): string | undefined {
  if ((task.leader.status.get("NSpid") ?? "").split(/\s+/).length > 1) return "it is in a pid namespace of its own";
  if (tasks.some(({ hostPid }) => hostPid === 1)) return "its init is in the tree";
  const reaper = alive.find(({ core }) => core.child_subreaper === true);
  if (reaper !== undefined) return `${reaper.name} adopts orphans`;
  if (task.threads.some(({ status }) => Number(status.get("Seccomp") ?? 0) !== 0)) return "it has a seccomp filter";
  // The kernel takes them away from a copy when the task writes and no other is free.
  const isHuge = ({ flags, permissions }: Mapping) => flags.has("ht") && permissions.endsWith("p");
  if (task.mappings.some(isHuge)) return "it has huge pages (hugetlb)";
  const isWatched = ({ flags }: Mapping) => flags.has("um") || flags.has("uw") || flags.has("ui");
  return task.mappings.some(isWatched) ? "it uses userfaultfd" : undefined;
}

/** Shared memory holds on to files, and it is not needed. */
function requestOf({ leader, mappings }: SeizedTask): CopyRequest {
  const unwanted: AddressRange[] = [];
  for (const { start, end, entry } of mappings) {
    const kind = kindOf({ status: entry.status ?? 0 });
    if (kind === "private" || kind === "vdso" || kind === "vvar" || kind === "vsyscall") continue;
    const last = unwanted.at(-1);
    if (last?.end === Number(start)) unwanted[unwanted.length - 1] = { start: last.start, end: Number(end) };
    else unwanted.push({ start: Number(start), end: Number(end) });
  }
  return { thread: leader.stopped, unwanted };
}
