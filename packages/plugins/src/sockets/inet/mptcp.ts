import type { Plan } from "@restage/core";
import { IPPROTO } from "@restage/linux/abi";
import { sharesNetwork } from "../../namespaces/own-namespaces.ts";
import { inetName } from "./addresses.ts";

const SWITCH = "/proc/sys/net/mptcp/enabled";

/** What to do when an MPTCP socket cannot be made. */
export const MPTCP_HINT = `MPTCP may be off in the tree's network namespace: see ${SWITCH}`;

/** Whether MPTCP listeners can be restored as such. If not, a warning for each says that it becomes a TCP listener. */
export function planMptcp(plan: Plan): boolean {
  const value = plan.host.readText(SWITCH);
  // It is on in a new network namespace.
  const works = value !== undefined && (value.trim() === "1" || !sharesNetwork(plan));
  if (works) return true;
  for (const { isk } of plan.images.files.values()) {
    if (isk === undefined || plan.images.own.file(isk.id)?.protocol !== IPPROTO.MPTCP) continue;
    plan.warn({ what: inetName(isk), why: "this machine has no MPTCP or it is off, so the socket accepts only TCP" });
  }
  return false;
}
