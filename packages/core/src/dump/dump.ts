import { asRestoreError, Host, RestoreError } from "@restage/core";
import { Freezer, type LinuxKernel } from "@restage/linux";
import { SIG } from "@restage/linux/abi";
import { defaultCheckpointPlugins } from "@restage/plugins";
import type { OpenFile } from "./open-file.ts";
import { type CheckpointFinding, CheckpointFindings } from "./findings.ts";
import { createCheckpointHooks, type TreeHooks } from "./hooks.ts";
import { ImageWriter } from "./image-writer.ts";
import { ownNamespace } from "@restage/plugins";
import { type CheckpointOptions, DEFAULT_CHECKPOINT_OPTIONS } from "./options.ts";
import { type CheckpointPlugin, chooseCheckpointPlugins } from "./plugin.ts";
import { freezeTree } from "./seize-tree.ts";
import { FrozenTree } from "./seized-tree.ts";

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
  let held: FrozenTree | undefined;
  /** What is still frozen goes on as it was. */
  const letGo = async () => {
    held?.survive();
    held?.repaired.release();
    held?.files.close();
    held = undefined;
    await kernel.dismissUndo();
    freezer.thaw();
  };
  try {
    const describe = (file: OpenFile, tree: FrozenTree) => hooks.describeFile.call(file, tree);
    const tree = new FrozenTree(
      freezeTree(freezer, options.pid, options.timeout),
      options,
      images,
      findings,
      host,
      freezer,
      describe,
    );
    held = tree;
    await look(hooks.look, tree);
    tree.files.describe();
    await hooks.described.promise(tree);
    findings.assertNoneRefused();
    await ask(tree);
    await look(hooks.collect, tree);
    await look(hooks.write, tree);
    // Nothing that follows needs a tree that stands still.
    if (options.leaveRunning) await letGo();
    const thawed = performance.now();
    // A restore of a tree with a user namespace reads them as the root of that.
    images.write(ownNamespace(tree, "user") === undefined ? undefined : tree.ids.root);
    if (!options.leaveRunning) {
      // From here on the tree does not go on, whatever happens to this process.
      if (!options.leaveStopped) await kernel.dismissUndo();
      finish(tree);
    }
    const frozen = (options.leaveRunning ? thawed : performance.now()) - started;
    const warnings = findings.all.filter(({ severity }) => severity === "warning");
    return { tasks: tree.tasks.map(({ hostPid }) => hostPid), warnings, frozen };
  } catch (error) {
    throw asRestoreError(error, {});
  } finally {
    await letGo();
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

/** Lets every thread make the calls that were recorded for it, all at once. */
async function ask(tree: FrozenTree): Promise<void> {
  const threads = tree.alive.flatMap((task) => task.threads);
  for (const thread of threads) await thread.seal();
  const asked = threads.filter(({ steps }) => steps.length > 0);
  tree.freezer.ask(asked.map(({ frozen, steps }) => ({ thread: frozen, program: steps })));
}

/** The images are complete: the tree is stopped, or killed. */
function finish(tree: FrozenTree): void {
  if (tree.options.leaveStopped) {
    for (const { hostPid } of tree.alive) process.kill(hostPid, SIG.STOP);
    return;
  }
  tree.repaired.forget();
  tree.perish();
  const left = tree.freezer.kill();
  if (left.length > 0)
    throw new RestoreError("ERR_COMPLETE", `The checkpoint is complete, but tasks ${left.join(", ")} do not end`);
}
