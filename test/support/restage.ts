import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The built command. */
export const COMMAND = `${ROOT}packages/cli/dist/restage.cjs`;

/** Runs the built command to its end. */
export function restage(words: readonly string[], cwd = ROOT): SpawnSyncReturns<string> {
  return run([process.execPath, COMMAND, ...words], cwd);
}

/** Runs any command to its end. */
export function run([program = "", ...words]: readonly string[], cwd = ROOT): SpawnSyncReturns<string> {
  return spawnSync(program, words, { cwd, encoding: "utf8", timeout: 60_000 });
}

/** Starts the built command. */
export function startRestage(words: readonly string[], cwd: string): ChildProcess {
  return spawn(process.execPath, [COMMAND, ...words], { cwd, stdio: "ignore" });
}
