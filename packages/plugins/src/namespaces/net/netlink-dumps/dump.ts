import type { DumpContext } from "@restage/core";
import { type DumpKind, dumpMagic } from "@restage/images";
import { AF, RT_TABLE, RTM_F, RTMSG } from "@restage/linux/abi";
import type { NetlinkMessage } from "../../../sockets/netlink-message.ts";
import { type RouteRequest, readRoutes } from "../routes/dump.ts";

const DUMPS: readonly (readonly [DumpKind, RouteRequest, family: number])[] = [
  ["ifaddr", "GETADDR", AF.UNSPEC],
  ["rule", "GETRULE", AF.UNSPEC],
  ["route", "GETROUTE", AF.INET],
  ["route6", "GETROUTE", AF.INET6],
];

/** Addresses, rules and routes, as `ip address save` and the like write them: a magic number, then the kernel's messages. */
export function saveDumps({ host, images }: DumpContext, namespace: number): void {
  for (const [kind, request, family] of DUMPS) {
    const messages = readRoutes(host, request, family).filter((message) => request !== "GETROUTE" || isKept(message));
    const magic = new Uint8Array(Uint32Array.of(dumpMagic[kind]).buffer);
    images.raw(kind, namespace, Buffer.concat([magic, ...messages.map(({ bytes }) => aligned(bytes))]));
  }
}

/** Routes that somebody made: those to the addresses themselves come with them. struct rtmsg. */
function isKept({ body }: NetlinkMessage): boolean {
  const flags = new DataView(body.buffer, body.byteOffset).getUint32(RTMSG.rtm_flags, true);
  return body[RTMSG.rtm_table] !== RT_TABLE.LOCAL && (flags & RTM_F.CLONED) === 0;
}

function aligned(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  return padded;
}
