import type { RestoredTree } from "@restage/core";
import { type LinuxKernel, readStat } from "@restage/linux";

/** Signals that ask a process to end, from a user or a service manager. */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Signals that keys send to a whole process group. */
const OF_KEYS: readonly string[] = ["SIGINT", "SIGQUIT"];

/**
 * Waits until the root task ends. Meanwhile, it passes signals that ask to end on to the task, except those of keys if both are in one process group: the
 * task has received them already.
 */
export async function stay(kernel: LinuxKernel, { pid, child }: RestoredTree): Promise<void> {
  const forward = (signal: NodeJS.Signals): void => {
    if (OF_KEYS.includes(signal) && readStat(pid)?.pgrp === readStat(process.pid)?.pgrp) return;
    try {
      process.kill(pid, signal);
    } catch {
      // The task has ended, and is about to be reaped.
    }
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    await kernel.waitForExit(child);
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}
