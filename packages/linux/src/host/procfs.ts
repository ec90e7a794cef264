import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { taskName } from "../abi/task-name.ts";
import { pathBytes, textOf } from "./path-bytes.ts";
import { readWhole } from "./read-whole.ts";

/** A line of /proc/PID/maps. */
export interface MapsEntry {
  readonly start: number;
  readonly end: number;
  /** Four letters: `rw-p`. */
  readonly permissions: string;
  /** Path or `[name]`, empty for anonymous memory. */
  readonly name: string;
}

/** Reads /proc/PID/maps. */
export function readMaps(pid: number | "self"): MapsEntry[] {
  const entries: MapsEntry[] = [];
  for (const line of readWhole(`/proc/${pid}/maps`).toString("latin1").split("\n")) {
    if (line === "") continue;
    const dash = line.indexOf("-");
    const space = line.indexOf(" ", dash);
    entries.push({
      start: Number.parseInt(line.slice(0, dash), 16),
      end: Number.parseInt(line.slice(dash + 1, space), 16),
      permissions: line.slice(space + 1, space + 5),
      // The kernel pads the line to column 73 before a name.
      name: line.length > 73 ? line.slice(73).trimStart() : "",
    });
  }
  return entries;
}

/** Reads /proc/PID/status: its fields by name, or undefined when there is no such task. */
export function readStatus(pid: number | "self"): ReadonlyMap<string, string> | undefined {
  let text: string;
  try {
    text = readWhole(`/proc/${pid}/status`).toString("latin1");
  } catch {
    return undefined;
  }
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

/** Fields of /proc/PID/stat. */
export interface ProcessStat {
  readonly pid: number;
  readonly comm: string;
  /** One letter: R, S, D, T, t, Z, X, ... */
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** Device number of the controlling terminal, 0 for none, and its foreground process group, -1 for none. */
  readonly terminal: number;
  readonly foreground: number;
}

/** Reads /proc/PID/stat; undefined when there is no such task. */
export function readStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readWhole(`/proc/${pid}/stat`).toString("latin1");
  } catch {
    return undefined;
  }
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const rest = text.slice(close + 2).split(" ");
  return {
    pid,
    comm: text.slice(open + 1, close),
    state: rest[0] ?? "?",
    ppid: Number(rest[1]),
    pgrp: Number(rest[2]),
    session: Number(rest[3]),
    terminal: Number(rest[4]),
    foreground: Number(rest[5]),
  };
}

/** Names a task for a message, with its command: `task 7 (redis-server)`. The stub's command is the number of its file, and says nothing. */
export function nameOfTask(tid: number): string {
  const comm = readText(`/proc/${tid}/comm`, "utf8");
  return taskName(tid, comm !== undefined && /^\d+$/.test(comm) ? undefined : comm);
}

/** Lists the children of a thread, in the order of their births. Requires CONFIG_PROC_CHILDREN. Source: proc_pid_task(5). */
export function readChildren(tid: number): readonly number[] {
  return (readText(`/proc/${tid}/task/${tid}/children`) ?? "").split(" ").filter(Boolean).map(Number);
}

/** Lists the threads of a process. */
export function readThreads(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number);
}

/** Yields every process of this /proc. */
export function* readProcesses(): Generator<ProcessStat> {
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(Number(name));
    if (stat !== undefined) yield stat;
  }
}

/** Returns those of these pids that are zombies. */
export function findZombies(pids: ReadonlySet<number>): readonly number[] {
  return [...pids].filter((pid) => existsSync(`/proc/${pid}`) && readStat(pid)?.state === "Z");
}

/** Reads the target of a symbolic link, or undefined when it cannot be read. */
export function readLink(path: string): string | undefined {
  try {
    return textOf(readlinkSync(pathBytes(path), "buffer"));
  } catch {
    return undefined;
  }
}

/** Reads a file of /proc or /sys as text, without the last line feed. Undefined when it cannot be read. */
export function readText(path: string, encoding: "latin1" | "utf8" = "latin1"): string | undefined {
  try {
    const bytes = readWhole(path);
    const text = encoding === "utf8" ? textOf(bytes) : bytes.toString(encoding);
    return text.replace(/\n$/, "");
  } catch {
    return undefined;
  }
}

/**
 * Reads the number of the system call in which a task is blocked, from /proc/PID/syscall. Undefined when the task runs or is gone.
 * Requires the right to trace the task.
 */
export function readCurrentSyscall(pid: number): number | undefined {
  const number = Number.parseInt(readText(`/proc/${pid}/syscall`) ?? "", 10);
  return Number.isNaN(number) || number < 0 ? undefined : number;
}

/** Names what holds a pid: a process, a zombie, a process group or a session. Undefined when it is free. */
export function pidHolder(pid: number): string | undefined {
  const stat = readStat(pid);
  if (stat !== undefined) {
    const tgid = Number(readStatus(pid)?.get("Tgid") ?? pid);
    if (tgid !== pid) return `a thread (${stat.comm}) of process ${tgid}`;
    const parent = readStat(stat.ppid);
    const of = parent === undefined ? `of ${stat.ppid}` : `of process ${stat.ppid} (${parent.comm})`;
    return stat.state === "Z"
      ? `a zombie (${stat.comm}), child ${of}, which has not reaped it`
      : `process ${pid} (${stat.comm})`;
  }
  for (const { pid: member, comm, pgrp, session } of readProcesses()) {
    if (session === pid) return `a session that process ${member} (${comm}) is in`;
    if (pgrp === pid) return `a process group that process ${member} (${comm}) is in`;
  }
  return undefined;
}

/** Names a process that has a socket open, by the socket's inode. Finds only processes that the caller is allowed to trace. */
export function socketHolder(inode: number): string | undefined {
  const target = `socket:[${inode}]`;
  for (const { pid, comm } of readProcesses()) {
    if (descriptorsOf(pid).some((fd) => readLink(`/proc/${pid}/fd/${fd}`) === target))
      return `process ${pid} (${comm})`;
  }
  return undefined;
}

function descriptorsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
}
