import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const INTERVAL = 100;
/** Source: include/linux/sched.h. */
const PF_EXITING = 0x4;
const SIGKILL = 9;

/** A process that a later one with the same pid is not mistaken for. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in ticks since boot. */
  readonly start: number;
}

/** Source: proc_pid_stat(5), field 22. The second field can contain anything. */
export function startOf(pid: number): number | undefined {
  const fields = statOf(pid);
  return fields === undefined || fields[0] === "Z" ? undefined : Number(fields[19]);
}

export function isAlive({ pid, start }: ProcessId): boolean {
  return startOf(pid) === start;
}

/** Whether a process is there and goes on: the kernel kills a tree with its tracer, but not at once. Source: proc_pid_stat(5), fields 9 and 31. */
export function goesOn(id: ProcessId): boolean {
  const fields = isAlive(id) ? statOf(id.pid) : undefined;
  if (fields === undefined) return false;
  const [isExiting, isKilled] = [Number(fields[6]) & PF_EXITING, Number(fields[28]) & (1 << (SIGKILL - 1))];
  return isExiting === 0 && isKilled === 0;
}

/** Waits until a process has ended. When its time is over, ends it. Returns whether it ended by itself. */
export async function awaitEnd(id: ProcessId, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (isAlive(id)) {
    if (performance.now() >= deadline) {
      await kill(id);
      return false;
    }
    await sleep(INTERVAL);
  }
  return true;
}

/** Ends a process at once, unless its pid belongs to another one meanwhile. Returns when it is gone. */
export async function kill(id: ProcessId): Promise<void> {
  signal(id, "SIGKILL");
  while (isAlive(id)) await sleep(5);
}

/** Asks a tree to end, and ends it after some time. Returns when it is gone. */
export async function endTree(root: ProcessId, patience: number): Promise<void> {
  const tasks = descendantsOf(root.pid);
  signal(root, "SIGTERM");
  const deadline = performance.now() + patience;
  while (isAlive(root) && performance.now() < deadline) await sleep(20);
  for (const task of isAlive(root) ? [root, ...descendantsOf(root.pid), ...tasks] : tasks) await kill(task);
}

function signal(id: ProcessId, name: NodeJS.Signals): void {
  try {
    if (isAlive(id)) process.kill(id.pid, name);
  } catch (error) {
    // It ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** All processes below one. */
function descendantsOf(pid: number): readonly ProcessId[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = Number(/^\d+$/.test(name) ? statOf(Number(name))?.[1] : undefined);
    if (!Number.isNaN(parent)) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (parent: number): readonly number[] =>
    (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid).flatMap((child) => {
    const start = startOf(child);
    return start === undefined ? [] : [{ pid: child, start }];
  });
}

/** The fields after the name of the program: state, parent, ... */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
