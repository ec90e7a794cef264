import type { Seizer, StoppedThread } from "@restage/linux";
import { isSystemError, RestoreError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import { type ProcessDetails, readDetails, readStatus } from "./process-details.ts";
import { SeizedTask, type TaskIdentity } from "./seized-task.ts";
import { SeizedTree } from "./seized-tree.ts";

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
 * @param onStop called before the first thread is stopped.
 * @returns parents before their children.
 */
export function seizeTree(
  host: Host,
  seizer: Seizer,
  rootPid: number,
  timeout: number,
  onStop: () => void,
): SeizedTree {
  if (readStatus(host, rootPid) === undefined)
    throw new RestoreError("ERR_REFUSED", `There is no process ${rootPid}`, { pid: rootPid });
  const end = performance.now() + timeout;
  for (let patience = FIRST_TRY; ; patience *= 2) {
    const left = end - performance.now();
    try {
      return stopAll(host, seizer, rootPid, Math.min(patience, left), onStop);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (error.code !== "ETIMEDOUT" || left < patience)
        throw new RestoreError("ERR_SYSCALL", error.message, { hint: HINTS[error.code], cause: error });
      seizer.resume();
    }
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EPERM: "end other tracers (TracerPid in /proc/PID/status), or give this process CAP_SYS_PTRACE",
  ETIMEDOUT: "try again later, or give it more time with --timeout",
};

/** Stops what runs, and looks again until there is nothing that does. */
function stopAll(host: Host, seizer: Seizer, rootPid: number, timeout: number, onStop: () => void): SeizedTree {
  const threads = new Map<number, StoppedThread>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const processes = processesBelow(host, rootPid);
    const found = [...processes].flatMap(([tgid, { tids }]) => tids.map((tid) => ({ tid, tgid })));
    if (round === 0) onStop();
    const stopped = seizer.seize(
      found.filter(({ tid }) => !threads.has(tid)),
      timeout,
    );
    for (const thread of stopped) threads.set(thread.tid, thread);
    const changed = stopped.length === 0 ? seizer.dropChanged() : [];
    for (const tid of changed) threads.delete(tid);
    if (stopped.length === 0 && changed.length === 0) return describe(host, rootPid, processes, threads);
  }
  throw new RestoreError("ERR_SYSCALL", `Cannot stop the tree of process ${rootPid}: it keeps forking processes`);
}

/** What /proc shows of a process that can change while it runs. */
interface Process {
  /** The leader first. */
  readonly tids: readonly number[];
  readonly children: readonly number[];
}

/** By pid, parents before their children. */
function processesBelow(host: Host, rootPid: number): ReadonlyMap<number, Process> {
  const all = new Map<number, Process>();
  const pids = [rootPid];
  for (const pid of pids) {
    const tids = threadsOf(host, pid);
    const children = tids.flatMap((tid) => childrenOf(host, pid, tid));
    all.set(pid, { tids, children });
    pids.push(...children);
  }
  return all;
}

function childrenOf(host: Host, pid: number, tid: number): readonly number[] {
  const text = host.readText(`/proc/${pid}/task/${tid}/children`);
  return text === undefined ? [] : text.split(" ").filter(Boolean).map(Number);
}

/** The leader first. */
function threadsOf(host: Host, pid: number): readonly number[] {
  return (host.list(`/proc/${pid}/task`) ?? [])
    .map(Number)
    .sort((a, b) => Number(b === pid) - Number(a === pid) || a - b);
}

function describe(
  host: Host,
  rootPid: number,
  processes: ReadonlyMap<number, Process>,
  threads: ReadonlyMap<number, StoppedThread>,
): SeizedTree {
  const tasks = new Map<number, SeizedTask>();
  const root = readDetails(host, rootPid);
  const statusOf = (tid: number) => readStatus(host, tid) ?? new Map<string, string>();
  // Depth first, as CRIU writes it.
  const visit = (hostPid: number, parent: SeizedTask | undefined): void => {
    const details = hostPid === rootPid ? root : readDetails(host, hostPid);
    const { tids, children } = processes.get(hostPid) ?? { tids: [], children: [] };
    const own = tids.flatMap((tid) => threads.get(tid) ?? []);
    if (own[0] !== undefined && own[0].tid !== hostPid) {
      const why = "its main thread has ended, and images cannot record a process without it";
      throw new RestoreError("ERR_REFUSED", `process ${hostPid} (${details.comm}): ${why}`, { pid: hostPid });
    }
    const identity = identityOf(hostPid, details, parent, root);
    const task = new SeizedTask(identity, parent, own, details, statusOf);
    tasks.set(hostPid, task);
    for (const child of children) visit(child, task);
  };
  visit(rootPid, undefined);
  return new SeizedTree([...tasks.values()]);
}

/** Ids as the root task's pid namespace has them. */
function identityOf(
  hostPid: number,
  details: ProcessDetails,
  parent: SeizedTask | undefined,
  root: ProcessDetails,
): TaskIdentity {
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
