import type { DumpContext } from "@restage/core";
import { AF, NDA, NDMSG, NTF, NUD } from "@restage/linux/abi";
import { decodeAttributes, withAttributes } from "../../../sockets/netlink-message.ts";
import { readRoutes } from "../routes/dump.ts";
import { readBridgeEntries } from "./bridge-entries.ts";

/** What a request for a neighbour can have. The kernel also tells how it has used it. */
const SETTABLE = [NDA.DST, NDA.LLADDR, NDA.PROTOCOL, NDA.FLAGS_EXT];

/**
 * Saves neighbours that a user has made, in restage.img: permanent ones, those that this machine answers for, and static entries of bridges and links. CRIU
 * does not save them.
 */
export function saveNeighbours({ host, own, tree }: DumpContext, namespace: number): void {
  const isPermanent = (body: Uint8Array) => ((body[NDMSG.ndm_state] ?? 0) & NUD.PERMANENT) !== 0;
  const neighbours = [AF.INET, AF.INET6].flatMap((family) => {
    const permanent = readRoutes(host, "GETNEIGH", family).filter(({ body }) => isPermanent(body));
    const proxies = readRoutes(host, "GETNEIGH", family, NTF.PROXY);
    return [...permanent, ...proxies].map(({ body }) => withoutUse(body));
  });
  const all = [...neighbours, ...readBridgeEntries(host, tree.root.hostPid)];
  if (all.length > 0) own.network(namespace).neighbours = all;
}

function withoutUse(body: Uint8Array): Uint8Array {
  return withAttributes(body.subarray(0, NDMSG.size), decodeAttributes(body.subarray(NDMSG.size)), SETTABLE);
}
