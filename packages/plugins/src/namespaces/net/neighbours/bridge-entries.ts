import type { Host } from "@restage/core";
import { AF, IFINFOMSG, IFLA, NDA, NDMSG, NTF, NUD } from "@restage/linux/abi";
import { decodeAttributes, encodeAttribute } from "../../../sockets/netlink-message.ts";
import { readRoutes } from "../routes/dump.ts";

/** What a request for an entry can have. */
const SETTABLE = [NDA.LLADDR, NDA.DST, NDA.FLAGS_EXT];

/**
 * Entries of bridges (fdb), and addresses that links receive, as far as a user has added them: the body of an RTM_NEWNEIGH message for each. A bridge
 * learns the others again, and the kernel adds those of its ports itself.
 *
 * @param root the pid of a process in the network namespace of this thread.
 */
export function readBridgeEntries(host: Host, root: number): readonly Uint8Array[] {
  const addresses = linkAddresses(host);
  const multicasts = addedMulticasts(host.readText(`/proc/${root}/net/dev_mcast`) ?? "");
  return readRoutes(host, "GETNEIGH", AF.BRIDGE).flatMap(({ body }) => {
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const link = view.getInt32(NDMSG.ndm_ifindex, true);
    const [state, flags] = [view.getUint16(NDMSG.ndm_state, true), view.getUint8(NDMSG.ndm_flags)];
    const attributes = decodeAttributes(body.subarray(NDMSG.size));
    const address = hexOf(attributes.get(NDA.LLADDR));
    const bridge = numberOf(attributes.get(NDA.MASTER));
    // An entry without a VLAN brings those of all VLANs with it.
    if (attributes.has(NDA.VLAN)) return [];
    if (bridge === undefined) {
      if ((flags & NTF.SELF) === 0 || !(isUnicast(address) || multicasts.has(`${link} ${address}`))) return [];
      return [messageOf(body, attributes, flags)];
    }
    const isStatic = (state & (NUD.NOARP | NUD.PERMANENT)) !== 0 || (flags & NTF.EXT_LEARNED) !== 0;
    const isAutomatic = address === addresses.get(link) || address === addresses.get(bridge);
    if (!isStatic || isAutomatic) return [];
    return [messageOf(body, attributes, flags | (link === bridge ? NTF.SELF : NTF.MASTER))];
  });
}

function messageOf(body: Uint8Array, attributes: ReadonlyMap<number, Uint8Array>, flags: number): Uint8Array {
  const header = body.slice(0, NDMSG.size);
  header[NDMSG.ndm_flags] = flags;
  const kept = SETTABLE.flatMap((type) => {
    const value = attributes.get(type);
    return value === undefined ? [] : [encodeAttribute(type, value)];
  });
  return Buffer.concat([header, ...kept]);
}

/** The addresses of all links, by index. */
function linkAddresses(host: Host): ReadonlyMap<number, string> {
  return new Map(
    readRoutes(host, "GETLINK", 0).map(({ body }) => {
      const index = new DataView(body.buffer, body.byteOffset, body.length).getInt32(IFINFOMSG.ifi_index, true);
      return [index, hexOf(decodeAttributes(body.subarray(IFINFOMSG.size)).get(IFLA.ADDRESS))];
    }),
  );
}

/** Multicast addresses that no protocol has joined, from /proc/net/dev_mcast: index, name, users, users of the whole link, address. */
function addedMulticasts(text: string): ReadonlySet<string> {
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(
    rows.filter(([, , , added = "0"]) => added !== "0").map(([index, , , , address]) => `${index} ${address}`),
  );
}

/** The lowest bit of the first byte tells multicast addresses. */
function isUnicast(address: string): boolean {
  return (Number.parseInt(address.slice(0, 2), 16) & 1) === 0;
}

function hexOf(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes).toString("hex");
}

function numberOf(bytes: Uint8Array | undefined): number | undefined {
  return bytes === undefined ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
