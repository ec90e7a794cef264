import { decodeEntries, type Entry, type EntryKindName, imageFileName } from "@restage/images";
import type { Inventions } from "../dry-run/inventions.ts";
import { RecordingKernel } from "../dry-run/recording-kernel.ts";
import { dump } from "../dump/dump.ts";
import type { DumpContext } from "../dump/dump-context.ts";
import type { Dumped } from "../dump/dump-run.ts";
import type { DumpFinding } from "../dump/findings.ts";
import type { DumpOptions } from "../dump/options.ts";
import { asRestoreError, type RestoreError } from "../errors.ts";
import type { DumpEvent } from "../events.ts";
import { definePlugin, type Plugin } from "../plugin/plugin.ts";
import { printProgram } from "../program/print-program.ts";
import type { RecordedStep } from "../program/program-builder.ts";
import { dumpScaffold } from "./dump-scaffold.ts";
import { type ProcessInvention, processInMemory } from "./process-in-memory.ts";
import { standIns } from "./stand-ins.ts";

/** The checkpoint to rehearse, and the tree that it saves. */
export interface DumpRehearsalRequest {
  /** The plugins, in the order of their taps. */
  readonly plugins: readonly Plugin[];
  /** The default plugins. Without it, {@link dumpScaffold}. */
  readonly defaults?: readonly Plugin[];
  /** The root task of the tree. */
  readonly task?: ProcessInvention;
  readonly options?: Partial<Omit<DumpOptions, "pid" | "images">>;
  /** What the kernel invents besides the tree: failures, files, texts. */
  readonly host?: Inventions;
}

/** The outcome of a rehearsed checkpoint. */
export interface DumpRehearsal {
  readonly kernel: RecordingKernel;
  readonly events: readonly DumpEvent[];
  /** The queries, one call a line: `7 timers: getitimer(0, [32])`. */
  readonly queries: readonly string[];
  readonly findings: readonly DumpFinding[];
  /** The context of the taps, with the drafts of tasks and threads; undefined if the tree was not seized. */
  readonly context: DumpContext | undefined;
  /** Returns the entries of an image; empty if it was not written. */
  entries<K extends EntryKindName>(kind: K, id?: number | bigint): readonly Entry<K>[];
  /** Undefined if it failed. */
  readonly dumped: Dumped | undefined;
  readonly error: RestoreError | undefined;
}

/**
 * Runs a whole checkpoint on a recording kernel: every phase, every hook. If the checkpoint fails, the result has the error.
 *
 * @example
 * ```ts
 * const { entries } = await rehearseDump({ plugins: defaultDumpPlugins(), task: { pid: 7, children: [{ pid: 8 }] } });
 * ```
 */
export async function rehearseDump(request: DumpRehearsalRequest): Promise<DumpRehearsal> {
  const { plugins, defaults = dumpScaffold(), task = { pid: 7 }, options, host } = request;
  const queries: string[] = [];
  const events: DumpEvent[] = [];
  const images = new Map<string, Uint8Array>();
  let context: DumpContext | undefined;
  const kernel = new RecordingKernel(processInMemory(task, host), (record) => {
    if (record.kind === "host-file") images.set(record.path.slice(record.path.lastIndexOf("/") + 1), record.bytes);
    if (record.kind !== "query") return;
    const steps = record.steps as readonly RecordedStep[];
    printProgram(steps).forEach((text, index) => void queries.push(`${record.tid} ${steps[index]?.plugin}: ${text}`));
  });
  // Before the plugins, so that it is there when one of them fails.
  const watcher = definePlugin({
    name: "watcher",
    dump({ phases }) {
      phases.seize.tree.tap("watcher", (_tree, seized) => {
        context = seized;
      });
    },
  });
  const all = [...standIns([...defaults, ...plugins]), watcher, ...plugins];
  const entries = <K extends EntryKindName>(kind: K, id?: number | bigint): readonly Entry<K>[] => {
    const name = imageFileName(kind, id);
    const bytes = images.get(name);
    return bytes === undefined ? [] : decodeEntries(kind, bytes, name);
  };
  const rehearsal = { kernel, events, queries, entries };
  let dumped: Dumped | undefined;
  let error: RestoreError | undefined;
  try {
    const onEvent = (event: DumpEvent) => void events.push(event);
    dumped = await dump({ ...options, pid: task.pid, images: "/images", plugins: all, onEvent }, kernel, defaults);
  } catch (thrown) {
    error = asRestoreError(thrown, {});
  }
  return { ...rehearsal, context, findings: context?.findings.all ?? [], dumped, error };
}
