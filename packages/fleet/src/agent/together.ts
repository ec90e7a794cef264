/**
 * What a host does for a member of a gang. Its order commits before its tree confirms the last stage, so that no other host begins with it. Then the record of
 * the gang decides: either all members go on, or all are undone.
 *
 * An agent can end after its confirmation and before it knows the decision. Its command then ends too: a restore rolls back, and a saved tree is gone. So if
 * the gang has committed, the tree is restored again; it has not run yet. If the gang has failed, a saved tree is restored where it was.
 */
import { existsSync, rmSync } from "node:fs";
import { RestoreError } from "@restage/core";
import type { Result } from "../orders/state.ts";
import type { Confirm } from "./command.ts";
import { Member } from "./member.ts";
import type { ProcessId } from "./processes.ts";
import { concludeRestore, LAST_STAGE, restoreHere, restoreImages } from "./restoring.ts";
import { AttemptFailure, FinalFailure, type Task } from "./task.ts";

/** The root task of a tree that was allowed to run. */
const ROOT = "root";

/** Restores a member of a gang. @param prepare makes the images. */
export async function restoreTogether(task: Task, images: string, prepare: () => Promise<void>): Promise<Result> {
  const member = new Member(task);
  const work = async () => {
    await assertNew(member, task);
    await prepare();
    await member.pass("READY");
    const mayRun = async (root: ProcessId) => {
      if (!(await task.commit({ ...root }))) return false;
      await member.pass(LAST_STAGE);
      task.journal.keep(ROOT, root);
      return true;
    };
    return await restoreImages(task, images, mayRun, (stage) => member.pass(stage));
  };
  return await orAgain(task, member, work, images, prepare);
}

/** Finds out how the restore of a member ended whose agent has ended after it committed. */
export async function resumeTogether(task: Task, images: string, prepare: () => Promise<void>): Promise<Result> {
  const work = async () => concludeRestore(task, await task.awaitCommand(), task.journal.kept(ROOT));
  return await orAgain(task, new Member(task), work, images, prepare);
}

/** Restores a member again if its restore was rolled back though its gang has committed. */
async function orAgain(
  task: Task,
  member: Member,
  work: () => Promise<Result>,
  images: string,
  prepare: () => Promise<void>,
): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown;
    await member.settle(thrown);
    if (!existsSync(images)) await prepare();
    return await restoreImages(task, images, async (root) => {
      task.journal.keep(ROOT, root);
      return await task.commit({ ...root });
    });
  }
}

/**
 * Saves a member of a gang. Returns when its images are complete, and the gang has committed. Otherwise the tree runs where it was.
 *
 * @param save runs the command, whose questions it answers.
 */
export async function saveTogether(
  task: Task,
  images: string,
  save: (confirm: Confirm) => Promise<void>,
): Promise<void> {
  const member = new Member(task);
  const { order, journal } = task;
  // Also if its command is killed while it holds the tree.
  let why: unknown = new RestoreError(
    "ERR_ORDER",
    `The command that saved ${order.tree} ended before the gang was decided`,
  );
  try {
    await task.awaitCommand();
    await assertNew(member, task);
    await member.pass("READY");
    await save(async ({ seized, pid }) => {
      if (seized === true) {
        await member.pass("SEIZED");
        return "yes";
      }
      // From now on, the tree does not run before the gang is decided.
      if (pid !== undefined) return "hold";
      if (!(await task.commit({}))) return "no";
      await member.pass("SAVED");
      return "yes";
    });
  } catch (thrown) {
    why = thrown;
  }
  try {
    await member.settle(why);
  } catch (failure) {
    if (journal.isKept && !(await task.isTreeHere())) await restoreHere(task, images);
    journal.unmark("kept");
    rmSync(images, { recursive: true, force: true });
    throw failure;
  }
}

async function assertNew(member: Member, { order }: Task): Promise<void> {
  if (await member.isNew()) return;
  const message = `An attempt to ${order.kind} ${order.tree} has ended before this one`;
  throw new AttemptFailure(new RestoreError("ERR_ORDER", message).toJSON());
}

function isFinal(thrown: unknown): boolean {
  return thrown instanceof FinalFailure && !(thrown instanceof AttemptFailure);
}
