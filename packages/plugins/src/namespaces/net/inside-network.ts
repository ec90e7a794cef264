import type { DumpContext } from "@restage/core";
import { ownNamespace } from "../own-namespaces.ts";

/** Runs `work`, which must not wait for anything, in the network namespace of a seized tree. */
export function insideNetwork<T>(context: DumpContext, work: () => T): T {
  if (ownNamespace(context, "net") === undefined) return work();
  return context.host.inside(`/proc/${context.tree.root.hostPid}/ns/net`, "net", work);
}
