import { type Host, RestoreError } from "@restage/core";
import { NETLINK } from "@restage/linux/abi";
import { askForAll, type NetlinkMessage } from "../../../sockets/netlink-request.ts";

/** Requests. Source: include/uapi/linux/rtnetlink.h. */
export const RTM = { GETLINK: 18, GETADDR: 22, GETROUTE: 26, GETRULE: 34 } as const;

/** struct rtmsg is the longest of what a request begins with. */
const REQUEST_SIZE = 16;

/** All links, addresses, routes or rules of this thread's network namespace. @param family 0 for all. */
export function readRoutes(host: Host, request: keyof typeof RTM, family: number): readonly NetlinkMessage[] {
  const body = new Uint8Array(REQUEST_SIZE);
  body[0] = family;
  const messages = askForAll(host, NETLINK.ROUTE, RTM[request], body);
  if (messages === undefined)
    throw new RestoreError("ERR_SYSCALL", `Cannot read the network of the tree: the kernel refuses RTM_${request}`);
  return messages;
}
