import { existsSync } from "node:fs";
import { until } from "./until.ts";

/** Kills processes, and waits until their pids are free. */
export async function end(...pids: readonly number[]): Promise<void> {
  for (const pid of pids) kill(pid);
  const areGone = () => pids.filter((pid) => existsSync(`/proc/${pid}`)).length === 0;
  await until(areGone, `processes ${pids.join(", ")} are gone`);
}

/** Kills a process, unless it has ended. */
export function kill(pid: number): void {
  signal(pid, "SIGKILL");
}

/** Sends a signal to a process, unless it has ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
