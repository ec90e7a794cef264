import type { Host } from "@restage/core";
import { AF, IFLA, NDA, NDMSG, NTF, NUD } from "@restage/linux/abi";
import { type Attributes, decodeAttributes, withAttributes } from "../../../sockets/netlink-message.ts";
import { readLinkAttributes, readRoutes } from "../routes/dump.ts";

/** What a request for an entry can have. */
const SETTABLE = [NDA.LLADDR, NDA.DST, NDA.FLAGS_EXT];

/**
 * Entries of bridges (fdb), and addresses that links receive, as far as a user has added them: the body of an RTM_NEWNEIGH message for each. A bridge
 * learns the others again, and the kernel adds those of its ports itself.
 *
 * @param root the pid of a process in the network namespace of this thread.
 */
export function readBridgeEntries(host: Host, root: number): readonly Uint8Array[] {
  const links = readLinkAttributes(host);
  const addressOf = (index: number) => hexOf(links.get(index)?.get(IFLA.ADDRESS));
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
    const isAutomatic = address === addressOf(link) || address === addressOf(bridge);
    if (!isStatic || isAutomatic) return [];
    return [messageOf(body, attributes, flags | (link === bridge ? NTF.SELF : NTF.MASTER))];
  });
}

function messageOf(body: Uint8Array, attributes: Attributes, flags: number): Uint8Array {
  const header = body.slice(0, NDMSG.size);
  header[NDMSG.ndm_flags] = flags;
  return withAttributes(header, attributes, SETTABLE);
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
