import type { Plugin } from "../plugin/plugin.ts";
import { dumpScaffold } from "./dump-scaffold.ts";
import { type DumpRehearsal, type DumpRehearsalRequest, rehearseDump } from "./rehearse-dump.ts";

/** With what a plugin of a checkpoint is tested. */
export interface DumpTest extends Omit<DumpRehearsalRequest, "plugins" | "defaults"> {
  /** Plugins whose services it uses, or whose taps it is ordered by. */
  readonly with?: readonly Plugin[];
}

/**
 * What a plugin does in a checkpoint of an invented tree: the queries that it makes, the entries that it writes, what it refuses. Nothing here needs
 * root or touches the host.
 *
 * @example
 * ```ts
 * const task = { pid: 7, descriptors: { 3: { link: "anon_inode:[eventfd]", info: "eventfd-count: 5\n" } } };
 * const { context } = await testDump(eventfds(), { task });
 * context?.files.all[0]?.entry; // { type: EVENTFD, efd: { counter: 5n, ... } }
 * ```
 */
export function testDump(plugin: Plugin, { with: others = [], ...request }: DumpTest = {}): Promise<DumpRehearsal> {
  const duties = new Set(others.map(({ duty }) => duty));
  const defaults = [...dumpScaffold().filter(({ duty }) => !duties.has(duty)), ...others];
  return rehearseDump({ ...request, plugins: [plugin], defaults });
}
