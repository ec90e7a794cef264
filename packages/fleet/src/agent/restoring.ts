import { RestoreError } from "@restage/core";
import { UNDOABLE_STAGES } from "@restage/core/internal";
import type { Result } from "../orders/state.ts";
import type { Outcome } from "./command.ts";
import { isAlive, type ProcessId, startOf } from "./processes.ts";
import { AttemptFailure, FinalFailure, type Task } from "./task.ts";

/** When all tasks have confirmed it, the tree can run. */
export const LAST_STAGE: string = String(UNDOABLE_STAGES.at(-1));
/** The root task of a tree that was restored where it was. */
const RESTORED = "restored";

/**
 * Restores images for an order.
 *
 * @param mayRun decides whether the tree can run, when all its tasks have confirmed their last stage.
 * @param pass returns when the tree can go on after another stage.
 */
export async function restoreImages(
  task: Task,
  images: string,
  mayRun: (root: ProcessId) => Promise<boolean>,
  pass: (stage: string) => Promise<void> = async () => {},
): Promise<Result> {
  const words = ["restore", "--json", "-d", "-D", images, "-W", task.journal.directory];
  let root: ProcessId | undefined;
  const outcome = await task.run(words, {
    confirm: async ({ stage, pid }) => {
      if (stage !== LAST_STAGE) {
        await pass(String(stage));
        return "yes";
      }
      const candidate = { pid: Number(pid), start: startOf(Number(pid)) ?? 0 };
      if (!(await mayRun(candidate))) return "no";
      root = candidate;
      return "yes";
    },
  });
  return await concludeRestore(task, outcome, root);
}

/** Finds out how a restore ended whose agent has ended after the commit. */
export async function resumeRestore(task: Task, result: Result = {}): Promise<Result> {
  const outcome = await task.awaitCommand();
  return await concludeRestore(task, outcome, { pid: Number(result["pid"]), start: Number(result["start"]) });
}

/** Restores a tree that has ended here with the command that saved it. No other host has it. */
export async function restoreHere(task: Task, images: string): Promise<void> {
  const { journal } = task;
  const before = journal.kept(RESTORED);
  if (before !== undefined && isAlive(before)) return await task.started(before);
  await restoreImages(task, images, async (root) => {
    journal.keep(RESTORED, root);
    return true;
  });
}

/**
 * What a restore has come to, after its command has ended.
 *
 * @param root the root task, if it was allowed to run.
 */
export async function concludeRestore(
  task: Task,
  outcome: Outcome | undefined,
  root: ProcessId | undefined,
): Promise<Result> {
  if (root !== undefined && (outcome?.has("resumed") === true || isAlive(root))) {
    await task.started(root);
    return { ...root };
  }
  // It rolled back before it ended.
  if (outcome?.error !== undefined) throw new AttemptFailure(outcome.error);
  // It was never allowed to run.
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
