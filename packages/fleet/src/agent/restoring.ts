import { RestoreError } from "@restage/core";
import type { Result } from "../orders/state.ts";
import type { Outcome } from "./command.ts";
import { isAlive, type ProcessId, startOf } from "./processes.ts";
import { AttemptFailure, FinalFailure, type Task } from "./task.ts";

/**
 * Restores images for an order.
 *
 * @param mayRun decides whether the tree can run, when all its tasks have confirmed their last stage.
 */
export async function restoreImages(
  task: Task,
  images: string,
  mayRun: (root: ProcessId) => Promise<boolean>,
): Promise<Result> {
  const words = ["restore", "--json", "-d", "-D", images, "-W", task.journal.directory];
  let root: ProcessId | undefined;
  const outcome = await task.run(words, {
    confirm: async ({ pid }) => {
      root = { pid: Number(pid), start: startOf(Number(pid)) ?? 0 };
      return (await mayRun(root)) ? "yes" : "no";
    },
  });
  return await concludeRestore(task, outcome, root);
}

/** Finds out how a restore ended whose agent has ended after the commit. */
export async function resumeRestore(task: Task, result: Result = {}): Promise<Result> {
  const outcome = await task.awaitCommand();
  return await concludeRestore(task, outcome, { pid: Number(result["pid"]), start: Number(result["start"]) });
}

/** What a restore has come to, after its command has ended. */
async function concludeRestore(task: Task, outcome: Outcome | undefined, root: ProcessId | undefined): Promise<Result> {
  if (root !== undefined && (outcome?.has("resumed") === true || isAlive(root))) {
    await task.started(root);
    return { ...root };
  }
  // It rolled back before it ended.
  if (outcome?.error !== undefined) throw new AttemptFailure(outcome.error);
  // It never asked whether the tree can run.
  if (root === undefined) throw new AttemptFailure(outcome?.failure ?? unknown(task).toJSON());
  throw new FinalFailure(unknown(task).toJSON());
}

/** The error for a tree that may run on a host, by default on this one. */
export function unknown(
  { order, place }: Task,
  host = place.host,
  hint = "look for the program on that host before you start it again",
): RestoreError {
  const message = `The agent on ${host} ended while ${order.tree} was about to run: it may have run`;
  return new RestoreError("ERR_ORDER", message, { hint });
}
