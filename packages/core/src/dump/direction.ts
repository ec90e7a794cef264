import type { Direction } from "../plugin/plugin-driver.ts";
import { createDumpHooks, type DumpHooks } from "./hooks.ts";

/** What the plugin driver needs to know of checkpoints. */
export const DUMP: Direction<DumpHooks> = {
  createHooks: createDumpHooks,
  has: ({ dump }) => dump !== undefined,
  apply: (plugin, context) => plugin.dump?.(context),
};
