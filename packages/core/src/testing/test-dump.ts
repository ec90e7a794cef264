import type { Plugin } from "../plugin/plugin.ts";
import { dumpScaffold } from "./dump-scaffold.ts";
import { type DumpRehearsal, type DumpRehearsalRequest, rehearseDump } from "./rehearse-dump.ts";

/** The surroundings in which a plugin of checkpoints is tested. */
export interface DumpTest extends Omit<DumpRehearsalRequest, "plugins" | "defaults"> {
  /** Plugins whose services it uses, or whose taps its own are ordered by. */
  readonly with?: readonly Plugin[];
}

/**
 * Tests one plugin in a checkpoint of an invented tree: its queries, entries and refusals. It needs no root and does not touch the host.
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
