import type { Direction } from "../plugin/plugin-driver.ts";
import { problemOfValue } from "../program/parameter.ts";
import type { Clone } from "./clone.ts";
import { createRestoreHooks, type RestoreHooks } from "./hooks.ts";

/** What plugins get beside services: the hooks, and the clone if a template is restored. */
type Tapped = RestoreHooks & { readonly clone: Clone | undefined };

/** What the plugin driver needs to know of restores. @param clone of a template. */
export function directionOf(clone: Clone | undefined): Direction<Tapped> {
  return {
    createHooks: (intercept) => ({ ...createRestoreHooks(intercept), clone }),
    method: "apply",
    apply: (plugin, context) => plugin.apply?.(context),
    problemOfResult(hook, result) {
      if (result === undefined || !hook.startsWith("openFile.")) return undefined;
      const problem = problemOfValue(result);
      return problem === undefined ? undefined : `${problem}: expected a descriptor`;
    },
  };
}

/** Restores without a template. */
export const RESTORE: Direction<Tapped> = directionOf(undefined);
