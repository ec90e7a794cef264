import type { DumpContext } from "@restage/core";
import { IPCTNL_MSG_CT, IPCTNL_MSG_EXP, NETLINK, NFGENMSG_SIZE, NFNL_SUBSYS } from "@restage/linux/abi";
import { askForAll } from "../../../sockets/netlink-request.ts";

const LISTS = [
  ["netnf_ct", (NFNL_SUBSYS.CTNETLINK << 8) | IPCTNL_MSG_CT.GET],
  ["netnf_exp", (NFNL_SUBSYS.CTNETLINK_EXP << 8) | IPCTNL_MSG_EXP.GET],
] as const;

/**
 * Saves the connections that the kernel tracks in this thread's network namespace, and those that it expects: addresses that it translates, and rules
 * that accept packets of known connections, depend on them. A kernel that cannot list them tracks none.
 */
export function saveTrackedConnections({ host, images }: DumpContext, namespace: number): void {
  for (const [kind, request] of LISTS) {
    const messages = askForAll(host, NETLINK.NETFILTER, request, new Uint8Array(NFGENMSG_SIZE)) ?? [];
    images.raw(kind, namespace, Buffer.concat(messages.map(({ bytes }) => bytes)));
  }
}
