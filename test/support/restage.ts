import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMMAND = `${ROOT}packages/cli/dist/restage.js`;
const TIME = 60_000;

/** Says why no real process can be restored here; undefined when it can. */
export const missing = process.getuid?.() === 0 ? undefined : "not root";

/** Runs the built command to its end. */
export function restage(words: readonly string[], cwd = ROOT): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [COMMAND, ...words], { cwd, encoding: "utf8", timeout: TIME });
}

/** Starts the built command. */
export function startRestage(words: readonly string[], cwd: string): ChildProcess {
  return spawn(process.execPath, [COMMAND, ...words], { cwd, stdio: "ignore" });
}

/** Waits until something is so. */
export async function until(condition: () => boolean, what: string, milliseconds = TIME): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited for ${milliseconds} ms until ${what}`);
    await sleep(20);
  }
}

/** Ends processes, and waits until their pids are free. */
export async function end(...pids: readonly number[]): Promise<void> {
  const isGone = (pid: number) => {
    try {
      process.kill(pid, "SIGKILL");
      return false;
    } catch {
      return !existsSync(`/proc/${pid}`);
    }
  };
  await until(() => pids.filter((pid) => !isGone(pid)).length === 0, `${pids.join(", ")} are gone`);
}
