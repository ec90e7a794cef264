import type { Kernel } from "@restage/linux";
import type { DumpRequest } from "./dump/dump.ts";
import type { Dumped } from "./dump/dump-run.ts";
import type { Plugin } from "./plugin/plugin.ts";
import type { RestoreRequest } from "./restore/restore.ts";
import type { RestoredTree } from "./restore/restored-tree.ts";
import type { Template } from "./restore/template.ts";

// Each direction is loaded when it is first run: a restore loads no code of checkpoints, nor the other way round.

/**
 * Restores a checkpoint: plan, stages, commit. Every failure up to the commit is rolled back: no task is left, and the host is as it was.
 *
 * @param kernel the real one (`openKernel` of `@restage/linux`), or a recording one.
 * @param defaults plugins for every duty: `defaultPlugins()` of `@restage/plugins`.
 * @throws RestoreError; ERR_COMPLETE when it failed after the commit.
 */
export async function restore(
  request: RestoreRequest,
  kernel: Kernel,
  defaults: readonly Plugin[],
): Promise<RestoredTree> {
  return (await import("./restore/restore.ts")).restore(request, kernel, defaults);
}

/**
 * Makes a template of a checkpoint, which is then restored again and again: `template.restore({ newPidNamespace: true })`. The images are read once, and
 * the memory is restored once; clones share every page that they do not write.
 *
 * @param kernel the real one (`openKernel` of `@restage/linux`), which belongs to the template from now on.
 * @param defaults plugins for every duty: `defaultPlugins()` of `@restage/plugins`.
 * @throws RestoreError; ERR_REFUSED with everything that cannot be restored here.
 */
export async function prepare(request: RestoreRequest, kernel: Kernel, defaults: readonly Plugin[]): Promise<Template> {
  return (await import("./restore/template.ts")).prepare(request, kernel, defaults);
}

/**
 * Makes a checkpoint of a process and its descendants, as images that CRIU 4.2 and Restage restore. The tree is killed when the images are
 * complete, unless the request says that it resumes or stays stopped. On failure it resumes unchanged.
 *
 * @param kernel the real one (`openKernel` of `@restage/linux`), or a recording one.
 * @param defaults plugins for every duty: `defaultDumpPlugins()` of `@restage/plugins/dump`.
 * @throws RestoreError ERR_REFUSED with everything that cannot be saved, and others; ERR_COMPLETE when the images are complete but tasks do not
 * end.
 */
export async function dump(request: DumpRequest, kernel: Kernel, defaults: readonly Plugin[]): Promise<Dumped> {
  return (await import("./dump/dump.ts")).dump(request, kernel, defaults);
}
