import type { DumpContext } from "@restage/core";
import type { DumpKind } from "@restage/images";
import { AF, RT_TABLE, RTM_F, RTMSG } from "@restage/linux/abi";
import type { NetlinkMessage } from "../../../sockets/netlink-message.ts";
import { type RouteRequest, readRoutes } from "../routes/dump.ts";
import { encodeDump } from "./format.ts";

const DUMPS: readonly (readonly [DumpKind, RouteRequest, family: number])[] = [
  ["ifaddr", "GETADDR", AF.UNSPEC],
  ["rule", "GETRULE", AF.UNSPEC],
  ["route", "GETROUTE", AF.INET],
  ["route6", "GETROUTE", AF.INET6],
];

/** Saves addresses, rules and routes. */
export function saveDumps({ host, images }: DumpContext, namespace: number): void {
  for (const [kind, request, family] of DUMPS) {
    const messages = readRoutes(host, request, family).filter((message) => request !== "GETROUTE" || isKept(message));
    const dump = encodeDump(
      kind,
      messages.map(({ bytes }) => bytes),
    );
    images.raw(kind, namespace, dump);
  }
}

/** Whether a route must be saved: those to local addresses come with the addresses. */
function isKept({ body }: NetlinkMessage): boolean {
  const flags = new DataView(body.buffer, body.byteOffset).getUint32(RTMSG.rtm_flags, true);
  return body[RTMSG.rtm_table] !== RT_TABLE.LOCAL && (flags & RTM_F.CLONED) === 0;
}
