import { type EntryKindName, type EntryValue, imageKinds } from "@restage/images";
import type { Inventions } from "../dry-run/inventions.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { PluginDriver } from "../plugin/plugin-driver.ts";
import { RESTORE } from "../restore/direction.ts";
import { type EntryPlace, FILE_MEMBERS } from "../restore/entry-kinds.ts";
import type { RestoreOptions } from "../restore/options.ts";
import type { Finding } from "../restore/plan.ts";
import { type RunStageName, STAGES } from "../restore/stages.ts";
import { type CheckpointInvention, checkpointInMemory } from "./checkpoint-in-memory.ts";
import { completeEntry, type PartialEntry } from "./complete-entry.ts";
import { type Rehearsal, rehearse } from "./rehearse.ts";
import { scaffold } from "./scaffold.ts";
import { standIns } from "./stand-ins.ts";

/** The surroundings in which a plugin is tested. */
export interface PluginTest extends CheckpointInvention {
  /** Plugins whose services it uses, or whose taps its own are ordered by. Their calls are not shown. */
  readonly with?: readonly Plugin[];
  readonly options?: Partial<Omit<RestoreOptions, "images">>;
  /** What the plugin finds on the host, and which calls fail. */
  readonly host?: Inventions;
}

/**
 * Returns the calls that a plugin records, one a line, in the style of strace. It needs no root and no images on disk.
 *
 * The whole restore is rehearsed; `stage` chooses what is shown. A line begins with the task (or thread, or `stub`, or `coordinator`), the
 * stage and the plugin by its duty. Results that later calls use are named: `$1 = openat(...)`. A tap of `commit` or `complete` is called, and shown as
 * `commit()` or `complete()` in COMPLETE, after what it did with `host`.
 *
 * @throws RestoreError when the plugin refuses the checkpoint, or fails in that stage or before.
 * @example
 * ```ts
 * await testPlugin(sessions(), { stage: "FORKING", task: { pid: 7, sid: 7, pgid: 7 } });
 * // ["7 FORKING sessions: setsid()"]
 * ```
 */
export async function testPlugin(
  plugin: Plugin,
  test: PluginTest & { readonly stage?: RunStageName },
): Promise<readonly string[]> {
  const { stage, ...request } = test;
  const { lines, error } = await rehearseAlone(plugin, request);
  const last = STAGES.findIndex(({ name }) => name === stage);
  // A test of one stage need not invent what the plugin wants in a later one.
  const failed = STAGES.findIndex(({ name }) => name === error?.stage);
  if (error !== undefined && (stage === undefined || failed <= last)) throw error;
  return lines
    .filter((line) => line.plugin === labelOf(plugin) && (stage === undefined || line.stage === stage))
    .map((line) => `${line.who} ${line.stage} ${line.plugin}: ${line.text}`);
}

/**
 * Returns the findings of a plugin's `plan` taps: refusals and warnings.
 *
 * @example
 * ```ts
 * const findings = await testPlan(regularFiles(), {
 *   task: { descriptors: [{ fd: 0, id: 3 }] },
 *   files: [{ id: 3, reg: { name: "/gone" } }],
 *   host: { files: { "/gone": "missing" } },
 * });
 * // [{ severity: "refused", what: "file /gone", why: "it is not there", ... }]
 * ```
 */
export async function testPlan(plugin: Plugin, test: PluginTest): Promise<readonly Finding[]> {
  const { plan, error } = await rehearseAlone(plugin, test);
  if (plan === undefined) throw error ?? new Error("Nothing was planned");
  return plan.findings.filter((finding) => finding.plugin === labelOf(plugin));
}

/**
 * Returns an image entry as a plugin's `entries` taps change it.
 *
 * @param given the entry; what it requires beside this is 0, empty or false.
 * @example
 * ```ts
 * const entry = testEntry(remapPaths({ "/old": "/new" }), "reg_files", { name: "/old/log" });
 * entry.name; // "/new/log"
 * ```
 */
export function testEntry<K extends EntryKindName>(
  plugin: Plugin,
  kind: K,
  given: PartialEntry<EntryValue<K>>,
  place: Partial<EntryPlace> = {},
): EntryValue<K> {
  const { hooks } = new PluginDriver(RESTORE, scaffold(), [...standIns([plugin]), plugin], () => {});
  const kinds: readonly string[] = Object.values(FILE_MEMBERS);
  const file = kinds.includes(kind) ? "files.img" : imageKinds[kind].fileName;
  const entry = completeEntry(kind, given);
  const { source = checkpointInMemory({}) } = place;
  return hooks.entries[kind].call(entry as never, { file, index: 0, ...place, source }) as EntryValue<K>;
}

/** Rehearses a restore with this plugin and those that it asks for, which come before it. */
function rehearseAlone(plugin: Plugin, { with: others = [], ...request }: PluginTest): Promise<Rehearsal> {
  const duties = new Set(others.map(({ duty }) => duty));
  const defaults = [...others, ...scaffold().filter(({ duty }) => !duties.has(duty))];
  return rehearse({ ...request, plugins: [plugin], defaults });
}

function labelOf({ duty, name }: Plugin): string {
  return duty ?? name;
}
