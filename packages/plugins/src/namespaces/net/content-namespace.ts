import type { DumpContext } from "@restage/core";
import { externalKey } from "../external/dump.ts";
import { ownNamespace } from "../own-namespaces.ts";

/** The id of the tree's own network namespace, if its content is saved. */
export function contentNamespace(context: DumpContext): number | undefined {
  const isEmpty = context.options.emptyNamespaces.includes("net") || externalKey(context, "net") !== undefined;
  return isEmpty ? undefined : ownNamespace(context, "net");
}
