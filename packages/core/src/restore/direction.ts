import type { EntryKindName } from "@restage/images";
import type { Problem } from "../plugin/check-plugin.ts";
import type { Direction } from "../plugin/plugin-driver.ts";
import { problemOfValue } from "../program/parameter.ts";
import { problemOfEntry } from "./changed-entry.ts";
import type { Clone } from "./clone.ts";
import { createRestoreHooks, type RestoreHooks } from "./hooks.ts";

/** The names of the hooks of image entries begin with it. */
const ENTRIES = "entries.";

/** What plugins get beside services: the hooks, and the clone if a template is restored. */
type Tapped = RestoreHooks & { readonly clone: Clone | undefined };

/** What the plugin driver needs to know of restores. @param clone of a template. */
export function directionOf(clone: Clone | undefined): Direction<Tapped> {
  return {
    createHooks: (intercept) => ({ ...createRestoreHooks(intercept), clone }),
    method: "apply",
    apply: (plugin, context) => plugin.apply?.(context),
    checkOf(hook) {
      if (hook.startsWith(ENTRIES)) {
        const kind = hook.slice(ENTRIES.length) as EntryKindName;
        return (entry, [given]) => problemOfEntry(kind, given, entry);
      }
      return hook.startsWith("openFile.") ? problemOfDescriptor : undefined;
    },
  };
}

function problemOfDescriptor(result: unknown): Problem | undefined {
  const problem = result === undefined ? undefined : problemOfValue(result);
  return problem === undefined ? undefined : { message: `${problem}: expected a descriptor` };
}

/** Restores without a template. */
export const RESTORE: Direction<Tapped> = directionOf(undefined);
