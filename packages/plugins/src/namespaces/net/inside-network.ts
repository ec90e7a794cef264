import type { DumpContext } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";

/** Does something in the network namespace of a seized tree; nothing is awaited meanwhile. */
export function insideNetwork<T>(context: DumpContext, work: () => T): T {
  if (ownNamespace(context, "net") === undefined) return work();
  return context.host.inside(`/proc/${context.tree.root.hostPid}/ns/net`, "net", work);
}
