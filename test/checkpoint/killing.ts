import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { ROOT } from "../support/restage.ts";

const COMMAND = join(ROOT, "packages/cli/dist/restage.cjs");

/** What is to be checkpointed, and where to. */
interface Target {
  readonly pid: number;
  readonly images: string;
}

/**
 * Makes a checkpoint with --leave-running and the built command, and kills the command some milliseconds after it has begun to stop the tree.
 *
 * @param milliseconds without them it is left to its end.
 * @returns how long it held the tree, and whether it was killed.
 */
export async function checkpointAndKill(
  { pid, images }: Target,
  milliseconds = Number.POSITIVE_INFINITY,
): Promise<{ readonly milliseconds: number; readonly killed: boolean }> {
  const words = [COMMAND, "checkpoint", String(pid), "-D", images, "--leave-running"];
  const command = spawn(process.execPath, words, { stdio: "ignore" });
  let ended: { readonly killed: boolean } | undefined;
  command.once("exit", (_code, signal) => {
    ended = { killed: signal === "SIGKILL" };
  });
  while (ended === undefined && !isTraced(pid)) await setTimeout(1);
  const start = performance.now();
  while (ended === undefined) {
    const left = milliseconds - (performance.now() - start);
    if (left <= 0) command.kill("SIGKILL");
    // Timers are too coarse for the moment itself.
    if (left <= 0 || left > 5) await setTimeout(1);
    else await setImmediate();
  }
  return { ...(ended as { readonly killed: boolean }), milliseconds: performance.now() - start };
}

function isTraced(pid: number): boolean {
  return !/^TracerPid:\s+0$/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
}
