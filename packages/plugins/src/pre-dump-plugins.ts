import type { Plugin } from "@restage/core";
import { processAttributes } from "./attributes/process/dump.ts";
import { mappingsForPreDump } from "./memory/mappings/pre-dump.ts";
import { privateMemory } from "./memory/private-memory/dump.ts";
import { objectIds } from "./tree/object-ids/dump.ts";

/**
 * Plugins of a pre-dump: it saves private memory alone, for a later checkpoint that has it as its parent (`prevImagesDir`). The tree goes on, and nothing
 * is refused that a pre-dump does not save.
 */
export function preDumpPlugins(): readonly Plugin[] {
  return [objectIds(), processAttributes(), mappingsForPreDump(), privateMemory()];
}
