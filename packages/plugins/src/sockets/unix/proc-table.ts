import type { Plan } from "@restage/core";
import { SO_ACCEPTCON, SOCK } from "@restage/linux/abi";
import { sharesNetwork } from "../../namespaces/own-namespaces.ts";

/**
 * The inodes of Unix sockets to which others can connect, by name; abstract names begin with `@`. Looks in the network namespace that the tree
 * will use; a new namespace has none.
 */
export function readUnixTable(plan: Plan): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (!sharesNetwork(plan)) return found;
  for (const line of (plan.host.readText("/proc/net/unix", "utf8") ?? "").split("\n").slice(1)) {
    const match = /^\S+: \S+ \S+ (\S+) (\S+) \S+ +(\d+) (.+)$/.exec(line);
    if (match === null) continue;
    const [, flags = "0", type = "0", inode, name = ""] = match;
    const isOpen = (Number.parseInt(flags, 16) & SO_ACCEPTCON) !== 0 || Number.parseInt(type, 16) === SOCK.DGRAM;
    if (isOpen) found.set(name, Number(inode));
  }
  return found;
}
