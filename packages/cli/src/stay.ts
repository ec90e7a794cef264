import type { RestoredTree } from "@restage/core";
import { type LinuxKernel, readStat } from "@restage/linux";

/** What asks a process to end, by hand or from a service manager. */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** What keys send to all of a group at once. */
const OF_KEYS: readonly string[] = ["SIGINT", "SIGQUIT"];

/**
 * Stays until the root task ends. Meanwhile this process stands for it: signals that ask to end are the task's. Where both are in one group, the
 * task has had those of keys already.
 */
export async function stay(kernel: LinuxKernel, { pid, child }: RestoredTree): Promise<void> {
  const forward = (signal: NodeJS.Signals): void => {
    if (OF_KEYS.includes(signal) && readStat(pid)?.pgrp === readStat(process.pid)?.pgrp) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended, and is about to be reaped.
    }
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    await kernel.waitForExit(child);
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}
