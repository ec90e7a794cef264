import { asRestoreError, Host, RestoreError } from "@restage/core";
import { Freezer, type LinuxKernel, readMaps } from "@restage/linux";
import { SIG } from "@restage/linux/abi";
import { defaultCheckpointPlugins } from "./default-plugins.ts";
import type { OpenFile } from "./files/open-file.ts";
import { type CheckpointFinding, CheckpointFindings } from "./findings.ts";
import { createCheckpointHooks, type TreeHooks } from "./hooks.ts";
import { ImageWriter } from "./images/image-writer.ts";
import { type CheckpointOptions, DEFAULT_CHECKPOINT_OPTIONS } from "./options.ts";
import { type CheckpointPlugin, chooseCheckpointPlugins } from "./plugin.ts";
import { freezeTree } from "./tree/freeze-tree.ts";
import { FrozenTree } from "./tree/frozen-tree.ts";

/** What a checkpoint is made of. */
export interface CheckpointRequest extends Partial<Omit<CheckpointOptions, "pid" | "images">> {
  readonly pid: number;
  readonly images: string;
  /** Added to the defaults; claiming a default's duty replaces it. */
  readonly plugins?: readonly CheckpointPlugin[];
}

/** A checkpoint that was made. */
export interface MadeCheckpoint {
  /** Pids on this host of all tasks that were saved, parents first. */
  readonly tasks: readonly number[];
  /** What will not come back quite as it was. */
  readonly warnings: readonly CheckpointFinding[];
  /** How long the tree stood still, in milliseconds. */
  readonly frozen: number;
}

/**
 * Makes a checkpoint of a process and its descendants, as images that CRIU 4.2 and Restage restore. The tree is killed when the images are
 * complete, unless it is to go on; when anything fails it goes on as if nothing had been.
 *
 * Throws ERR_REFUSED with all that cannot be saved, ERR_SYSCALL, ERR_IMAGE, ERR_PLUGIN, ERR_DUTY_CLAIMED.
 */
export async function makeCheckpoint(request: CheckpointRequest, kernel: LinuxKernel): Promise<MadeCheckpoint> {
  const { plugins = [], ...given } = request;
  const options: CheckpointOptions = { ...DEFAULT_CHECKPOINT_OPTIONS, ...given };
  const hooks = createCheckpointHooks();
  for (const plugin of chooseCheckpointPlugins(defaultCheckpointPlugins(), plugins)) plugin.apply(hooks);
  const host = new Host(kernel);
  const images = new ImageWriter(options.images, host);
  const findings = new CheckpointFindings();
  images.prepare();
  const freezer = new Freezer(kernel.raw);
  const started = performance.now();
  let tree: FrozenTree | undefined;
  try {
    const describe = (file: OpenFile, tree: FrozenTree) => hooks.describeFile.call(file, tree);
    tree = new FrozenTree(freezeTree(freezer, options.pid), options, images, findings, host, freezer, describe);
    await look(hooks.look, tree);
    await ask(tree);
    await look(hooks.collect, tree);
    tree.files.describe();
    findings.assertNoneRefused();
    freezer.withdraw();
    await look(hooks.write, tree);
    images.write();
    finish(tree);
    const frozen = performance.now() - started;
    const warnings = findings.all.filter(({ severity }) => severity === "warning");
    return { tasks: tree.tasks.map(({ hostPid }) => hostPid), warnings, frozen };
  } catch (error) {
    throw asRestoreError(error, {});
  } finally {
    // What is still frozen goes on as it was.
    tree?.survive();
    tree?.repaired.release();
    tree?.files.close();
    await kernel.dismissUndo();
    freezer.thaw();
    freezer.close();
  }
}

async function look(hooks: TreeHooks, tree: FrozenTree): Promise<void> {
  await hooks.tree.promise(tree);
  for (const task of tree.alive) {
    await hooks.task.promise(task, tree);
    for (const thread of task.threads) await hooks.thread.promise(thread, tree);
  }
}

/** Lets every thread make the calls that were recorded for it, those of one task at once. */
async function ask(tree: FrozenTree): Promise<void> {
  for (const task of tree.alive) {
    for (const thread of task.threads) await thread.seal();
    const questions = task.threads
      .filter(({ steps }) => steps.length > 0)
      .map(({ frozen, steps }) => ({ thread: frozen, program: steps }));
    tree.freezer.ask(questions, readMaps(task.hostPid));
  }
}

function finish(tree: FrozenTree): void {
  const { options, alive, repaired, freezer } = tree;
  const { leaveRunning, leaveStopped } = options;
  if (leaveStopped) for (const { hostPid } of alive) process.kill(hostPid, SIG.STOP);
  if (leaveStopped || leaveRunning) return;
  repaired.forget();
  tree.perish();
  const left = freezer.kill();
  if (left.length > 0)
    throw new RestoreError("ERR_COMPLETE", `The checkpoint is complete, but tasks ${left.join(", ")} do not end`);
}
