import type { ImageSource } from "@restage/images";
import type { Kernel } from "@restage/linux";
import { taskName } from "@restage/linux/abi";
import { requireRecording } from "../dry-run/require-recording.ts";
import { asRestoreError, RestoreError } from "../errors.ts";
import type { RestoreListener } from "../events.ts";
import { Host } from "../host/host.ts";
import { callTaps } from "../plugin/call-taps.ts";
import { leaveOut } from "../plugin/leave-out.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { PluginDriver } from "../plugin/plugin-driver.ts";
import type { Clone, Kept } from "./clone.ts";
import { Coordinator } from "./coordinator.ts";
import { directionOf } from "./direction.ts";
import type { RestoreHooks } from "./hooks.ts";
import { ImageSet, openSource } from "./image-set.ts";
import { DEFAULT_OPTIONS, type RestoreOptions } from "./options.ts";
import { Plan } from "./plan.ts";
import { assertReadable, type ReadImages, readImages } from "./read-images.ts";
import type { RestoredTree } from "./restored-tree.ts";
import { ServiceDescriptors } from "./service-descriptors.ts";
import { readTree } from "./tree.ts";
import { verifyImages } from "./verify.ts";

/** What to restore, and how. */
export interface RestoreRequest extends Partial<Omit<RestoreOptions, "images">> {
  /** Directory of the images. */
  readonly images: string;
  /** Added to the defaults; claiming a default's duty replaces it. */
  readonly plugins?: readonly Plugin[];
  /** Told everything that happens. */
  readonly onEvent?: RestoreListener;
  /** Makes a dry run, which calls no tap of `commit`, `complete` or `abort`. Contexts have `dryRun`. Requires a recording kernel. */
  readonly dryRun?: boolean;
}

/** A restore before its stages: plugins are applied, images are read, and `plan.findings` has what `plan` taps found. */
export interface PlannedRestore {
  readonly plan: Plan;
  readonly driver: PluginDriver<RestoreHooks>;
  /** The images before any hook. */
  readonly images: SourceImages;
}

/** Images that have been read. */
export interface SourceImages {
  readonly source: ImageSource;
  readonly known: ReadImages;
}

/** What a clone has from its template. */
export interface Cloning {
  readonly clone: Clone;
  readonly images: SourceImages;
}

/**
 * Reads the images and lets every plugin inspect them, without changing anything.
 *
 * Throws ERR_IMAGE, ERR_DUTY_CLAIMED, ERR_DUTY_MISSING, ERR_TAP_ORDER, ERR_PLUGIN.
 *
 * @param cloning for a clone: its template has read the images, and compared their digests.
 */
export async function planRestore(
  request: RestoreRequest,
  kernel: Kernel,
  defaults: readonly Plugin[],
  cloning?: Cloning,
): Promise<PlannedRestore> {
  const { plugins = [], onEvent = () => {}, dryRun = false, ...options } = request;
  requireRecording(kernel, dryRun);
  const driver = new PluginDriver(directionOf(cloning?.clone), defaults, plugins, onEvent);
  const host = new Host(kernel);
  const source = cloning?.images.source ?? openSource(request.images, driver.hooks);
  if (options.verify === true && cloning === undefined) await verifyImages(source, host);
  const known = cloning?.images.known ?? readImages(source);
  if (cloning === undefined) assertReadable(known, source);
  const images = new ImageSet(source, driver.hooks, known);
  const tree = readTree(images);
  const plan = new Plan(images, tree, { ...DEFAULT_OPTIONS, ...options }, host, new ServiceDescriptors(tree), dryRun);
  await plan.limit.within(callTaps(driver.hooks.plan, plan), (limit) => {
    const { plugin } = plan;
    return new RestoreError("ERR_TASK_STUCK", `Cannot plan: the tap of ${plugin} has not settled after ${limit}`, {
      plugin,
    });
  });
  onEvent({ kind: "planned", time: performance.now(), tasks: tree.tasks.length, findings: plan.findings });
  return { plan, driver, images: { source, known } };
}

/**
 * Restores a checkpoint: plan, stages, commit. Every failure up to the commit is rolled back: no task is left, and the host is unchanged.
 *
 * @param kernel the real one, or a recording one.
 * @param defaults plugins for every duty.
 * @throws RestoreError; ERR_COMPLETE when it failed after the commit.
 */
export async function restore(
  request: RestoreRequest,
  kernel: Kernel,
  defaults: readonly Plugin[],
): Promise<RestoredTree> {
  return runStages(request, kernel, await planRestore(request, kernel, defaults));
}

/** Restores what was planned. @param kept what a clone's template keeps. */
export async function runStages(
  { onEvent = () => {} }: RestoreRequest,
  kernel: Kernel,
  { plan, driver }: PlannedRestore,
  kept?: Kept,
): Promise<RestoredTree> {
  plan.assertRestorable();
  const coordinator = new Coordinator(kernel, driver.hooks, plan, onEvent, kept?.occupied);
  try {
    await coordinator.prepare();
    await coordinator.commit();
  } catch (error) {
    const failure = asRestoreError(error, {}).namingTasks((pid) => plan.tree.byPid(pid)?.comm);
    throw await abort(failure, kernel, driver, plan, onEvent);
  }
  return coordinator.restored;
}

/** FAIL: kills every task and undoes every change of the host. Returns the error, which says whether that worked. */
async function abort(
  error: RestoreError,
  kernel: Kernel,
  driver: PluginDriver<RestoreHooks>,
  plan: Plan,
  onEvent: RestoreListener,
): Promise<RestoreError> {
  const tell = (error: RestoreError, left: readonly string[]) => {
    try {
      onEvent({ kind: "failed", time: performance.now(), error, left });
    } catch {
      // The failure can come from the listener itself; it is reported already.
    }
  };
  if (error.code === "ERR_COMPLETE") {
    tell(error, []);
    return error;
  }
  const left: string[] = [];
  plan.limit.end(error);
  try {
    const late = (limit: string) => new RestoreError("ERR_TASK_STUCK", `it has not settled after ${limit}`);
    if (plan.dryRun) leaveOut("abort", driver.hooks.abort, onEvent);
    else await plan.limit.within(callTaps(driver.hooks.abort, error, plan), late);
  } catch (abortError) {
    left.push(`an abort tap failed: ${asRestoreError(abortError, {}).summary}`);
  }
  for (const tid of await kernel.killAll()) {
    const task = plan.tree.tasks.find(({ hostPid }) => hostPid === tid);
    left.push(`${task?.name ?? taskName(tid, undefined)} did not end`);
  }
  left.push(...(await kernel.runUndo()));
  if (left.length === 0) {
    // A dry run has nothing to roll back.
    const whole = plan.dryRun ? error : error.within({ rolledBack: true });
    tell(whole, left);
    return whole;
  }
  tell(error, left);
  const undo = new RestoreError("ERR_UNDO", `Not everything could be undone: ${left.join("; ")}`, { stage: "FAIL" });
  return new RestoreError(error.code, error.message, { ...error, failures: [...error.failures, undo], cause: error });
}
