import { fdTypes } from "@restage/images";
import type { Problem } from "../plugin/check-plugin.ts";
import type { Direction } from "../plugin/plugin-driver.ts";
import { shown } from "../program/parameter.ts";
import { createDumpHooks, type DumpHooks } from "./hooks.ts";

/** What the plugin driver needs to know of checkpoints. */
export const DUMP: Direction<DumpHooks> = {
  createHooks: createDumpHooks,
  method: "dump",
  apply: (plugin, context) => plugin.dump?.(context),
  checkOf: (hook) => (hook === "describeFile" ? problemOfDescription : undefined),
};

function problemOfDescription(result: unknown): Problem | undefined {
  if (result === undefined) return undefined;
  const { type } = result as { readonly type?: unknown };
  if (Object.values(fdTypes).some((known) => known === type)) return undefined;
  const message = `a description of the file type ${shown(type)}, which does not exist`;
  return { message, hint: "use a member of fdTypes" };
}
