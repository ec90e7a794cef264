import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const jiti = join(dirname(createRequire(import.meta.url).resolve("jiti/package.json")), "lib/jiti-cli.mjs");
const script = join(import.meta.dirname, "coordinator-to-fail.ts");

/** What is to be checkpointed, and where to. */
interface Target {
  readonly pid: number;
  readonly images: string;
}

/** Makes checkpoints that come to no end: a plugin throws, or the coordinator is killed, at a hook. */
export function fail(target: Target, how: "throw" | "kill", ...hooks: readonly string[]): SpawnSyncReturns<string> {
  return run(target, how, hooks);
}

/** Makes a checkpoint for each of some times, in milliseconds, after which its coordinator is killed. Returns the signals by which they ended. */
export function failAfter(target: Target, times: readonly number[]): readonly (NodeJS.Signals | null)[] {
  return times.map((time) => run(target, "after", [String(time)]).signal);
}

function run({ pid, images }: Target, how: string, whens: readonly string[]): SpawnSyncReturns<string> {
  const words = [jiti, script, String(pid), images, how, ...whens];
  return spawnSync(process.execPath, words, { encoding: "utf8", timeout: 60_000 });
}
