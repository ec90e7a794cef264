import type { DumpContext } from "@restage/core";
import { AF, NDA, NDMSG, NTF, NUD } from "@restage/linux/abi";
import { decodeAttributes, encodeAttribute } from "../../../sockets/netlink-message.ts";
import { readRoutes } from "../routes/dump.ts";

/** What a request for a neighbour can have. The kernel also tells how it has used it. */
const SETTABLE = [NDA.DST, NDA.LLADDR, NDA.PROTOCOL, NDA.FLAGS_EXT];

/** Saves neighbours that a user has made, in restage.img: permanent ones, and those that this machine answers for. CRIU does not save them. */
export function saveNeighbours({ host, own }: DumpContext, namespace: number): void {
  const isPermanent = (body: Uint8Array) => ((body[NDMSG.ndm_state] ?? 0) & NUD.PERMANENT) !== 0;
  const neighbours = [AF.INET, AF.INET6].flatMap((family) => {
    const permanent = readRoutes(host, "GETNEIGH", family).filter(({ body }) => isPermanent(body));
    const proxies = readRoutes(host, "GETNEIGH", family, NTF.PROXY);
    return [...permanent, ...proxies].map(({ body }) => withoutUse(body));
  });
  if (neighbours.length > 0) own.network(namespace).neighbours = neighbours;
}

function withoutUse(body: Uint8Array): Uint8Array {
  const attributes = decodeAttributes(body.subarray(NDMSG.size));
  const kept = SETTABLE.flatMap((type) => {
    const value = attributes.get(type);
    return value === undefined ? [] : [encodeAttribute(type, value)];
  });
  return Buffer.concat([body.subarray(0, NDMSG.size), ...kept]);
}
