import type { Direction } from "../plugin/plugin-driver.ts";
import { createRestoreHooks, type RestoreHooks } from "./hooks.ts";

/** What the plugin driver needs to know of restores. */
export const RESTORE: Direction<RestoreHooks> = {
  createHooks: createRestoreHooks,
  has: ({ apply }) => apply !== undefined,
  apply: (plugin, context) => plugin.apply?.(context),
};
