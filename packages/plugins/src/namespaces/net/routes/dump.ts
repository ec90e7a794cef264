import { type Host, RestoreError } from "@restage/core";
import { IFINFOMSG, NETLINK, RTM } from "@restage/linux/abi";
import type { NetlinkMessage } from "../../../sockets/netlink-message.ts";
import { askForAll } from "../../../sockets/netlink-request.ts";

/** A request that lists something of a network namespace. */
export type RouteRequest = "GETLINK" | "GETADDR" | "GETROUTE" | "GETRULE";

/** All links, addresses, routes or rules of this thread's network namespace. @param family 0 for all. */
export function readRoutes(host: Host, request: RouteRequest, family: number): readonly NetlinkMessage[] {
  // The longest of the structures that a request begins with.
  const body = new Uint8Array(IFINFOMSG.size);
  body[0] = family;
  const messages = askForAll(host, NETLINK.ROUTE, RTM[request], body);
  if (messages === undefined)
    throw new RestoreError("ERR_SYSCALL", `Cannot read the network of the tree: the kernel refuses RTM_${request}`);
  return messages;
}
