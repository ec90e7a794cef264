import type { Direction } from "../plugin/plugin-driver.ts";
import { problemOfValue } from "../program/parameter.ts";
import { createRestoreHooks, type RestoreHooks } from "./hooks.ts";

/** What the plugin driver needs to know of restores. */
export const RESTORE: Direction<RestoreHooks> = {
  createHooks: createRestoreHooks,
  method: "apply",
  apply: (plugin, context) => plugin.apply?.(context),
  problemOfResult(hook, result) {
    if (result === undefined || !hook.startsWith("openFile.")) return undefined;
    const problem = problemOfValue(result);
    return problem === undefined ? undefined : `${problem}: expected a descriptor`;
  },
};
