import { type Host, RestoreError } from "@restage/core";
import { IFINFOMSG, NDMSG, NETLINK, RTM, TCMSG } from "@restage/linux/abi";
import { type Attributes, decodeAttributes, type NetlinkMessage } from "../../../sockets/netlink-message.ts";
import { askForAll } from "../../../sockets/netlink-request.ts";

/** A request that lists something of a network namespace. */
export type RouteRequest = "GETLINK" | "GETADDR" | "GETROUTE" | "GETRULE" | "GETNEIGH" | "GETQDISC";

/**
 * All links, addresses, routes, rules, neighbours or queueing disciplines of this thread's network namespace.
 *
 * @param family 0 for all.
 * @param neighbourFlags NTF_PROXY for those that this machine answers for.
 */
export function readRoutes(
  host: Host,
  request: RouteRequest,
  family: number,
  neighbourFlags = 0,
): readonly NetlinkMessage[] {
  // The longest of the structures that a request begins with.
  const body = new Uint8Array(request === "GETQDISC" ? TCMSG.size : IFINFOMSG.size);
  body[0] = family;
  body[NDMSG.ndm_flags] = neighbourFlags;
  const messages = askForAll(host, NETLINK.ROUTE, RTM[request], body);
  if (messages === undefined)
    throw new RestoreError("ERR_SYSCALL", `Cannot read the network of the tree: the kernel refuses RTM_${request}`);
  return messages;
}

/** The attributes of all links of this thread's network namespace, by their index. */
export function readLinkAttributes(host: Host): ReadonlyMap<number, Attributes> {
  return new Map(
    readRoutes(host, "GETLINK", 0).map(({ body }) => {
      const index = new DataView(body.buffer, body.byteOffset, body.length).getInt32(IFINFOMSG.ifi_index, true);
      return [index, decodeAttributes(body.subarray(IFINFOMSG.size))];
    }),
  );
}
