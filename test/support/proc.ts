import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Pids of all processes of this machine. */
export function allPids(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** The executable of a process; undefined for a zombie, a kernel thread, and a process that has ended. */
export function executableOf(pid: number): string | undefined {
  return linkOf(`/proc/${pid}/exe`);
}

/** A field of /proc/PID/status; undefined when the process has ended. */
export function statusOf(pid: number, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(textOf(`/proc/${pid}/status`))?.[1];
}

/** The parent of a process; undefined when the process has ended. */
export function parentOf(pid: number): number | undefined {
  const parent = statusOf(pid, "PPid");
  return parent === undefined ? undefined : Number(parent);
}

/** Pids of a process's children. */
export function childrenOf(pid: number): readonly number[] {
  return textOf(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}

/** Whether a process runs: it exists and is not a zombie. */
export function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^[ZX]/.test(statusOf(pid, "State") ?? "X");
}

/** The target of a link, or undefined: /proc changes while it is read. */
export function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The text of a file, or nothing: /proc changes while it is read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
