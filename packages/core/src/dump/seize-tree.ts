import { readdirSync, readFileSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { type Freezer, type FrozenThread as Frozen, readStatus, SystemError } from "@restage/linux";
import { FrozenTask, type TaskPlace } from "./seized-task.ts";
import { type ProcessDetails, readDetails } from "./process-details.ts";

/** How often the tree is looked through for tasks that were forked meanwhile. */
const MAX_ROUNDS = 100;

/** How long a thread may take to stop the first time, in milliseconds. */
const FIRST_TRY = 250;

/**
 * Stops every thread of a process and of its descendants. A thread that does not stop may wait for another one that has been (vfork(2)): then all go
 * on, and it is tried again.
 *
 * Throws ERR_REFUSED when there is no such process, ERR_SYSCALL when one cannot be stopped.
 *
 * @param timeout how long a thread may take to stop, in milliseconds.
 * @returns parents before their children.
 */
export function freezeTree(freezer: Freezer, rootPid: number, timeout: number): readonly FrozenTask[] {
  if (readStatus(rootPid) === undefined)
    throw new RestoreError("ERR_REFUSED", `There is no process ${rootPid}`, { pid: rootPid });
  const end = performance.now() + timeout;
  for (let patience = FIRST_TRY; ; patience *= 2) {
    const left = end - performance.now();
    try {
      return stopAll(freezer, rootPid, Math.min(patience, left));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== "ETIMEDOUT" || left < patience)
        throw new RestoreError("ERR_SYSCALL", error.message, { hint: HINTS[error.code], cause: error });
      freezer.thaw();
    }
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EPERM: "run it as root, or with CAP_SYS_PTRACE; end other tracers first",
  ETIMEDOUT: "try again later, or give it more time with --timeout",
};

/** Stops what runs, and looks again until there is nothing that does. */
function stopAll(freezer: Freezer, rootPid: number, timeout: number): readonly FrozenTask[] {
  const threads = new Map<number, Frozen>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = processesBelow(rootPid).flatMap((tgid) => threadsOf(tgid).map((tid) => ({ tid, tgid })));
    const stopped = freezer.freeze(
      found.filter(({ tid }) => !threads.has(tid)),
      timeout,
    );
    for (const thread of stopped) threads.set(thread.tid, thread);
    const changed = stopped.length === 0 ? freezer.dropChanged() : [];
    for (const tid of changed) threads.delete(tid);
    if (stopped.length === 0 && changed.length === 0) return describe(rootPid, threads);
  }
  throw new RestoreError("ERR_SYSCALL", `Cannot freeze the tree of process ${rootPid}: it forks all the time`);
}

/** Parents before their children. */
function processesBelow(rootPid: number): readonly number[] {
  const all = [rootPid];
  for (const pid of all) all.push(...childrenOf(pid));
  return all;
}

function childrenOf(pid: number): readonly number[] {
  return threadsOf(pid).flatMap((tid) => {
    const text = read(`/proc/${pid}/task/${tid}/children`);
    return text === undefined ? [] : text.split(" ").filter(Boolean).map(Number);
  });
}

/** The leader first. */
function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map(Number)
      .sort((a, b) => Number(b === pid) - Number(a === pid) || a - b);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

function describe(rootPid: number, threads: ReadonlyMap<number, Frozen>): readonly FrozenTask[] {
  const tasks = new Map<number, FrozenTask>();
  const root = readDetails(rootPid);
  // Depth first, as CRIU writes it.
  const visit = (hostPid: number, parent: FrozenTask | undefined): void => {
    const details = readDetails(hostPid);
    const own = threadsOf(hostPid).flatMap((tid) => threads.get(tid) ?? []);
    const place = placeOf(hostPid, details, parent, root);
    const task = new FrozenTask(place, parent, own, own.length === 0 ? details.exitCode : undefined);
    tasks.set(hostPid, task);
    for (const child of childrenOf(hostPid)) visit(child, task);
  };
  visit(rootPid, undefined);
  return [...tasks.values()];
}

/** Ids as the root task's pid namespace has them. */
function placeOf(
  hostPid: number,
  details: ProcessDetails,
  parent: FrozenTask | undefined,
  root: ProcessDetails,
): TaskPlace {
  const level = root.nsPids.length - 1;
  return {
    hostPid,
    pid: details.nsPids[level] ?? hostPid,
    ppid: parent?.pid ?? 0,
    pgid: details.nsPgids[level] ?? 0,
    sid: details.nsSids[level] ?? 0,
    comm: details.comm,
  };
}
