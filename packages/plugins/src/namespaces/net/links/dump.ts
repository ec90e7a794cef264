import type { DumpContext } from "@restage/core";
import { type InputOf, type NetDeviceEntry, ndType } from "@restage/images";
import { ARPHRD, IFF, IFINFOMSG, IFLA, IFLA_INFO, IFLA_MACVLAN } from "@restage/linux/abi";
import { cString } from "../../../c-string.ts";
import { decodeAttributes } from "../../../sockets/netlink-message.ts";
import { readRoutes } from "../routes/dump.ts";
import { readLinkSysctls } from "../sysctls/dump.ts";
import { readTun } from "./read-tun.ts";

/** Tunnels that the kernel makes in every namespace when it has loaded their module. */
const FALLBACK = /^(sit|tunl|gre|gretap|erspan|ip_vti|ip6_vti|ip6tnl|ip6gre)0$/;

/** Types of links in images, by the kinds of the kernel. */
const TYPES: Readonly<Record<string, number>> = {
  veth: ndType.VETH,
  bridge: ndType.BRIDGE,
  macvlan: ndType.MACVLAN,
  tun: ndType.TUN,
};

interface Link {
  readonly name: string;
  readonly kind: string;
  /** In images; undefined if they cannot record this kind. */
  readonly type: number | undefined;
  readonly ifindex: number;
  readonly flags: number;
  readonly attributes: Attributes;
  /** The fields that only this kind has. */
  readonly data: Attributes;
}

type Attributes = ReadonlyMap<number, Uint8Array>;

function readLinks(context: DumpContext): readonly Link[] {
  const all = readRoutes(context.host, "GETLINK", 0).map(({ body }): Link => {
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const attributes = decodeAttributes(body.subarray(IFINFOMSG.size));
    const info = decodeAttributes(attributes.get(IFLA.LINKINFO) ?? new Uint8Array());
    const kind = cString(info.get(IFLA_INFO.KIND) ?? new Uint8Array());
    const isLoopback = view.getUint16(IFINFOMSG.ifi_type, true) === ARPHRD.LOOPBACK;
    return {
      name: cString(attributes.get(IFLA.IFNAME) ?? new Uint8Array()),
      kind,
      type: isLoopback ? ndType.LOOPBACK : TYPES[kind],
      ifindex: view.getInt32(IFINFOMSG.ifi_index, true),
      flags: view.getUint32(IFINFOMSG.ifi_flags, true),
      attributes,
      data: decodeAttributes(info.get(IFLA_INFO.DATA) ?? new Uint8Array()),
    };
  });
  return all.filter(({ name, flags }) => !FALLBACK.test(name) || (flags & IFF.UP) !== 0);
}

/** Refuses links that images cannot record. */
export function checkLinks(context: DumpContext): void {
  for (const { name, kind, type } of readLinks(context)) {
    if (type !== undefined) continue;
    context.findings.refuse({ what: `link ${name}`, why: `links of kind ${kind || "physical"} are not saved yet` });
  }
}

/** Saves links with their settings. */
export function saveLinks(context: DumpContext, namespace: number): void {
  for (const link of readLinks(context)) {
    const { name, ifindex, flags, attributes, type = ndType.LOOPBACK } = link;
    const address = type === ndType.LOOPBACK ? undefined : attributes.get(IFLA.ADDRESS);
    const master = attributes.get(IFLA.MASTER);
    const value: InputOf<NetDeviceEntry> = {
      type,
      ifindex,
      mtu: number(attributes.get(IFLA.MTU)),
      flags,
      name,
      ...(address === undefined || address.length === 0 ? {} : { address: address.slice() }),
      ...(master === undefined ? {} : { master: number(master) }),
      ...particulars(context, link, namespace),
      ...readLinkSysctls(context.host, name),
    };
    context.images.add("netdev", namespace, { value });
  }
}

function particulars(context: DumpContext, link: Link, namespace: number): Partial<InputOf<NetDeviceEntry>> {
  const { type, attributes, data } = link;
  if (type === ndType.TUN) return { tun: readTun(context, link) };
  if (type !== ndType.VETH && type !== ndType.MACVLAN) return {};
  // Without an id of a namespace, its peer is in the same one. Otherwise it is outside the tree. CRIU ignores that of a macvlan, the link that it belongs to.
  const isInside = !attributes.has(IFLA.LINK_NETNSID);
  const peer = { peer_ifindex: number(attributes.get(IFLA.LINK)), ...(isInside ? { peer_nsid: namespace } : {}) };
  if (type === ndType.VETH) return peer;
  const [mode, flags] = [number(data.get(IFLA_MACVLAN.MODE)), number(data.get(IFLA_MACVLAN.FLAGS))];
  return { ...peer, macvlan: { mode, flags } };
}

/** A number of 8, 16 or 32 bits; 0 if there is none. */
function number(bytes: Uint8Array = new Uint8Array()): number {
  return bytes.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
}
