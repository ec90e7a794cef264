import type { AddressRange, Kernel } from "@restage/linux";
import { asRestoreError, RestoreError } from "../errors.ts";
import { callTaps } from "../plugin/call-taps.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { programFailure } from "../program/program-failure.ts";
import { Births } from "./births.ts";
import { Kept } from "./clone.ts";
import { stubOptions } from "./coordinator.ts";
import { ProgramRunner } from "./program-runner.ts";
import { type PlannedRestore, planRestore, type RestoreRequest, runStages, type SourceImages } from "./restore.ts";
import type { RestoredTree } from "./restored-tree.ts";
import { STAGES } from "./stages.ts";
import { StubTask } from "./stub.ts";

/** How one clone differs from its template: other options, more plugins. */
export interface CloneRequest extends Partial<Omit<RestoreRequest, "images" | "dryRun" | "sibling" | "verify">> {
  /** What plugins read as `clone.values`. */
  readonly values?: Readonly<Record<string, string>>;
}

/**
 * A checkpoint that is restored again and again. Its images were read, decoded and verified once, and its memory was restored once, into the address space
 * of a stub: each clone is a fork of that stub, and shares every page that it does not write. Plugins, hooks and stages run for each clone.
 */
export class Template {
  readonly #request: RestoreRequest;
  readonly #kernel: Kernel;
  readonly #defaults: readonly Plugin[];
  readonly #images: SourceImages;
  readonly #kept: Kept;
  /** The addresses of the restorer area, which is the same in every clone. */
  readonly #area: AddressRange;
  #clones = 0;
  #closed = false;
  /** Settles when the clone before has been made. */
  #last: Promise<unknown> = Promise.resolve();

  /** Use {@link prepare}. */
  constructor(
    request: RestoreRequest,
    kernel: Kernel,
    defaults: readonly Plugin[],
    images: SourceImages,
    kept: Kept,
    area: AddressRange,
  ) {
    this.#request = request;
    this.#kernel = kernel;
    this.#defaults = defaults;
    this.#images = images;
    this.#kept = kept;
    this.#area = area;
  }

  /**
   * Restores one more clone. Clones are made one after the other; several calls at once wait for each other. A failure is rolled back, and leaves the
   * template as it was.
   *
   * @throws RestoreError as a restore does; ERR_TEMPLATE when the template cannot make this clone.
   */
  restore(request: CloneRequest = {}): Promise<RestoredTree> {
    const made = this.#last.then(() => this.#restore(request));
    this.#last = made.catch(() => {});
    return made;
  }

  async #restore({ values = {}, plugins = [], ...others }: CloneRequest): Promise<RestoredTree> {
    if (this.#closed) throw new RestoreError("ERR_TEMPLATE", "Cannot make a clone: the template has been closed");
    const request = { ...this.#request, ...others, plugins: [...(this.#request.plugins ?? []), ...plugins] };
    assertNoSibling(request);
    const kept = this.#kept;
    const clone = { number: ++this.#clones, values, kept: kept.get.bind(kept) };
    const planned = await planRestore(request, this.#kernel, this.#defaults, { images: this.#images, clone });
    this.#assertFits(planned);
    return runStages(request, this.#kernel, planned, kept);
  }

  /** A plugin of this clone can have changed its mappings. */
  #assertFits({ plan }: PlannedRestore): void {
    const { start, end } = this.#area;
    for (const task of plan.survivors) {
      const vma = task.mm.vmas.find((vma) => vma.start < end && vma.end > start);
      if (vma === undefined) continue;
      const message = `Cannot make a clone: ${task.name} has a mapping at ${vma.start.toString(16)}, where the template has its programs`;
      throw new RestoreError("ERR_TEMPLATE", message, { pid: task.pid, hint: "restore it without a template" });
    }
  }

  /** Ends the template, after the clone that is being made. Clones run on. */
  async close(): Promise<void> {
    await this.#last;
    if (this.#closed) return;
    this.#closed = true;
    this.#kernel.close();
  }
}

/**
 * Makes a template: reads and verifies the images, lets plugins plan, and restores the memory once.
 *
 * @param request what all clones have in common. A clone cannot be a sibling of this process.
 * @param kernel the real one, or a recording one. It belongs to the template, which closes it.
 * @param defaults plugins for every duty. All plugins are applied for each clone: what they know of it belongs into `apply`.
 * @throws RestoreError; ERR_REFUSED with everything that cannot be restored here.
 */
export async function prepare(request: RestoreRequest, kernel: Kernel, defaults: readonly Plugin[]): Promise<Template> {
  assertNoSibling(request);
  const planned = await planRestore(request, kernel, defaults);
  planned.plan.assertRestorable();
  const kept = new Kept();
  try {
    const stub = await fillStub(request, kernel, planned, kept);
    kernel.keepStub();
    const { start, length } = stub.restorerArea;
    const area = { start, end: start + length };
    return new Template(request, kernel, defaults, planned.images, kept, area);
  } catch (error) {
    await kernel.killAll();
    await kernel.runUndo();
    throw asRestoreError(error, {});
  }
}

/** Only this process itself can make its siblings, and clones are forks of the template. */
function assertNoSibling({ sibling }: RestoreRequest): void {
  if (sibling !== true) return;
  const hint = "leave out `sibling` (--restore-sibling)";
  throw new RestoreError("ERR_TEMPLATE", "Cannot make clones that are siblings of this process", { hint });
}

/** Starts the stub, and lets plugins put into its memory what all clones have in common. */
async function fillStub(
  { onEvent = () => {} }: RestoreRequest,
  kernel: Kernel,
  { plan, driver }: PlannedRestore,
  kept: Kept,
): Promise<StubTask> {
  const { tree, images, serviceDescriptors } = plan;
  const [stage] = STAGES;
  const options = stubOptions(tree, plan.options.timeout);
  const made = await kernel.createStub(options).catch((error: unknown) => {
    throw programFailure(error, "the stub", { stage: stage.name });
  });
  const stub = new StubTask(made, false, options.occupied);
  await new ProgramRunner(kernel, new Births(), onEvent).withProgram(stage, stub, async () => {
    serviceDescriptors.openIn(stub, images.source.directory());
    await callTaps(driver.hooks.template, {
      tree,
      images,
      stub,
      serviceDescriptors,
      occupy: (range) => kept.occupy(range),
      keep: (key, value) => kept.set(key, value),
    });
    serviceDescriptors.closeIn(stub);
  });
  return stub;
}
