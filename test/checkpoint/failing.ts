import type { SpawnSyncReturns } from "node:child_process";
import { join } from "node:path";
import { run } from "../support/restage.ts";
import { commandFor } from "../support/script.ts";

/** The tree to checkpoint, and the directory for its images. */
interface Target {
  readonly pid: number;
  readonly images: string;
}

/** Makes a checkpoint for each hook. At the hook, a plugin throws, or the coordinator is killed, which also ends the remaining attempts. */
export function fail(target: Target, how: "throw" | "kill", ...hooks: readonly string[]): SpawnSyncReturns<string> {
  return failWith(target, how, hooks);
}

/** Makes a checkpoint for each time, in milliseconds, after which its coordinator is killed. Returns the signals that ended the coordinators. */
export function failAfter(target: Target, times: readonly number[]): readonly (NodeJS.Signals | null)[] {
  return times.map((time) => failWith(target, "after", [String(time)]).signal);
}

function failWith({ pid, images }: Target, how: string, whens: readonly string[]): SpawnSyncReturns<string> {
  return run(commandFor(join(import.meta.dirname, "coordinator-to-fail.ts"), String(pid), images, how, ...whens));
}
