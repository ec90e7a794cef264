import type { Kernel } from "@restage/linux";
import { requireRecording } from "../dry-run/require-recording.ts";
import { asRestoreError } from "../errors.ts";
import type { DumpListener } from "../events.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { createDumpDriver } from "./create-driver.ts";
import { type Dumped, DumpRun } from "./dump-run.ts";
import { DEFAULT_DUMP_OPTIONS, type DumpOptions } from "./options.ts";
import { rehearse } from "./rehearse.ts";

/** What to checkpoint, and how. */
export interface DumpRequest extends Partial<Omit<DumpOptions, "pid" | "images">> {
  /** The root task of the tree. */
  readonly pid: number;
  /** Directory for the images; made when it does not exist. */
  readonly images: string;
  /** Added to the defaults; one that claims a default's duty replaces it. */
  readonly plugins?: readonly Plugin[];
  /** Told everything that happens. */
  readonly onEvent?: DumpListener;
  /** Makes a dry run, which calls no tap of `imagesWritten`. Contexts have `dryRun`. Requires a recording kernel. */
  readonly dryRun?: boolean;
}

/**
 * Makes a checkpoint of a process and its descendants, as images that CRIU 4.2 and Restage restore. The tree is killed when the images are
 * complete, unless the options say that it resumes or stays stopped. On failure it resumes unchanged.
 *
 * @param kernel the real one, or a recording one.
 * @param defaults plugins for every duty.
 * @throws RestoreError ERR_REFUSED with everything that cannot be saved; ERR_SYSCALL, ERR_IMAGE, ERR_PLUGIN, ERR_DUTY_CLAIMED,
 * ERR_DUTY_MISSING, ERR_TAP_ORDER, ERR_TASK_STUCK; ERR_COMPLETE when the images are complete but tasks do not end.
 */
export async function dump(request: DumpRequest, kernel: Kernel, defaults: readonly Plugin[]): Promise<Dumped> {
  const { plugins = [], onEvent = () => {}, dryRun = false, ...options } = request;
  requireRecording(kernel, dryRun);
  const driver = createDumpDriver(defaults, plugins, onEvent);
  if (options.leaveRunning === true) await rehearse(kernel, defaults);
  const run = new DumpRun(kernel, driver, { ...DEFAULT_DUMP_OPTIONS, ...options }, onEvent, dryRun);
  if (options.leaveRunning === true) kernel.collectGarbage();
  try {
    return await run.run();
  } catch (thrown) {
    const error = asRestoreError(thrown, { phase: run.phase }).namingTasks((pid) => run.commOf(pid));
    run.limit.end(error);
    onEvent({ kind: "failed", time: performance.now(), error, left: [] });
    throw error;
  } finally {
    await run.end();
  }
}
