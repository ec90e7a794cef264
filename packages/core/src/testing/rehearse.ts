import type { Inventions } from "../dry-run/inventions.ts";
import { printRecord } from "../dry-run/print-record.ts";
import { RecordingKernel } from "../dry-run/recording-kernel.ts";
import { asRestoreError, type RestoreError } from "../errors.ts";
import type { RestoreEvent } from "../events.ts";
import { definePlugin, type Plugin } from "../plugin/plugin.ts";
import { printProgram } from "../program/print-program.ts";
import type { RecordedStep } from "../program/program-builder.ts";
import type { RestoreOptions } from "../restore/options.ts";
import type { Plan } from "../restore/plan.ts";
import { restore } from "../restore/restore.ts";
import type { RestoredTree } from "../restore/restored-tree.ts";
import type { StageName } from "../restore/stages.ts";
import { type CheckpointInvention, checkpointInMemory } from "./checkpoint-in-memory.ts";
import { scaffold } from "./scaffold.ts";
import { standIns } from "./stand-ins.ts";

/** The restore to rehearse, and the kernel's inventions. */
export interface RehearsalRequest extends CheckpointInvention {
  /** The plugins, in the order of their taps. */
  readonly plugins: readonly Plugin[];
  /** The default plugins. Without it, {@link scaffold}. */
  readonly defaults?: readonly Plugin[];
  readonly options?: Partial<Omit<RestoreOptions, "images">>;
  /** What the kernel invents: failures, files, texts. */
  readonly host?: Inventions;
}

/** A recorded step, or the call of a tap of `commit`, `complete` or `abort`, as text. */
export interface RecordedLine {
  readonly stage: StageName;
  /** The pid of a task, the id of a thread, `stub` or `coordinator`. */
  readonly who: number | "stub" | "coordinator";
  /** The plugin, named by the duty that it claims, if any. */
  readonly plugin: string;
  readonly text: string;
}

/** The outcome of a rehearsed restore. */
export interface Rehearsal {
  readonly kernel: RecordingKernel;
  readonly events: readonly RestoreEvent[];
  /** All recorded steps, in the order in which they would run, and the calls of taps of `commit`, `complete` and `abort`. */
  readonly lines: readonly RecordedLine[];
  /** Undefined if it failed before planning. */
  readonly plan: Plan | undefined;
  /** Undefined if it failed. */
  readonly restored: RestoredTree | undefined;
  readonly error: RestoreError | undefined;
}

/**
 * Runs a whole restore on a recording kernel, with images in memory: every stage, every hook. If the restore fails, the result has the error.
 *
 * @example
 * ```ts
 * const { kernel, error } = await rehearse({ plugins: [mine()], task: { pid: 7, children: [{ pid: 8 }] } });
 * ```
 */
export async function rehearse(request: RehearsalRequest): Promise<Rehearsal> {
  const { plugins, defaults = scaffold(), options, host, ...invention } = request;
  const lines: RecordedLine[] = [];
  const events: RestoreEvent[] = [];
  let stage: StageName = "ROOT_TASK";
  let plan: Plan | undefined;
  const kernel = new RecordingKernel(host, (record) => {
    const text = printRecord(record);
    if (text !== undefined) lines.push({ stage, who: "coordinator", plugin: plan?.host.plugin ?? "core", text });
  });
  // After the plugins, so that one of them that knows where images come from is asked first.
  const images = definePlugin({
    name: "images-in-memory",
    apply(hooks) {
      hooks.imageSource.tap("images-in-memory", () => checkpointInMemory(invention));
      hooks.plan.tap("images-in-memory", (found) => {
        plan = found;
      });
    },
  });
  const onEvent = (event: RestoreEvent): void => {
    events.push(event);
    if (event.kind === "stage-started") stage = event.stage;
    if (event.kind === "failed") stage = "FAIL";
    if (event.kind === "program") lines.push(...printEvent(event));
    // These taps record nothing in a task: without their call, what registers a service would not be shown.
    if (event.kind === "tap" && OUTCOMES.includes(event.hook))
      lines.push({ stage, who: "coordinator", plugin: event.plugin, text: `${event.hook}()` });
  };
  const all = [...standIns([...defaults, ...plugins]), ...plugins, images];
  let restored: RestoredTree | undefined;
  let error: RestoreError | undefined;
  try {
    restored = await restore({ ...options, images: "memory", plugins: all, onEvent }, kernel, defaults);
  } catch (thrown) {
    error = asRestoreError(thrown, {});
  }
  return { kernel, events, lines, plan, restored, error };
}

/** The hooks after the stages. */
const OUTCOMES: readonly string[] = ["commit", "complete", "abort"];

/** Numbers the results of each plugin separately, so that the calls of other plugins do not change them. */
function printEvent(event: Extract<RestoreEvent, { kind: "program" }>): RecordedLine[] {
  const { stage, steps } = event;
  const who = event.tid ?? event.pid ?? "stub";
  const byPlugin = new Map<string, readonly RecordedStep[]>();
  for (const step of steps) byPlugin.set(step.plugin, [...(byPlugin.get(step.plugin) ?? []), step]);
  const texts = new Map<RecordedStep, string>();
  for (const own of byPlugin.values()) {
    const printed = printProgram(own);
    own.forEach((step, index) => void texts.set(step, printed[index] ?? ""));
  }
  return steps.map((step) => ({ stage, who, plugin: step.plugin, text: texts.get(step) ?? "" }));
}
