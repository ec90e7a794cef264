import type { DumpContext } from "@restage/core";
import { type InputOf, type NetDeviceEntry, ndType, type OwnLinkEntry } from "@restage/images";
import { ARPHRD, IFF, IFINFOMSG, IFLA, IFLA_BR, IFLA_INFO, IFLA_MACVLAN, IFLA_XDP } from "@restage/linux/abi";
import { cString } from "../../../c-string.ts";
import { type Attributes, attributesOf, decodeAttributes } from "../../../sockets/netlink-message.ts";
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

function readLinks(context: DumpContext): readonly Link[] {
  const all = readRoutes(context.host, "GETLINK", 0).map(({ body }): Link => {
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const attributes = decodeAttributes(body.subarray(IFINFOMSG.size));
    const info = decodeAttributes(attributes.get(IFLA.LINKINFO) ?? new Uint8Array());
    const kind = text(info.get(IFLA_INFO.KIND));
    const isLoopback = view.getUint16(IFINFOMSG.ifi_type, true) === ARPHRD.LOOPBACK;
    return {
      name: text(attributes.get(IFLA.IFNAME)),
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

/** How many packets wait to be sent on a new link. Source: include/net/pkt_sched.h, drivers/net/tun.c. */
const QUEUE_LENGTH = 1000;
const QUEUE_LENGTH_OF_TUN = 500;

/** Refuses links that images cannot record. Warns of what does not come back. */
export function checkLinks(context: DumpContext): void {
  const { findings } = context;
  for (const { name, kind, type, attributes, data } of readLinks(context)) {
    const what = `link ${name}`;
    const refuse = (why: string) => findings.refuse({ what, why });
    if (type === undefined) refuse(`links of kind ${kind || "physical"} are not saved yet`);
    const xdp = decodeAttributes(attributes.get(IFLA.XDP) ?? new Uint8Array());
    if (number(xdp.get(IFLA_XDP.ATTACHED)) !== 0) refuse("it has an XDP program, which is not saved");
    if (type !== ndType.BRIDGE) continue;
    if (number(data.get(IFLA_BR.VLAN_FILTERING)) !== 0) refuse("it filters VLANs, which is not saved yet");
    if (number(data.get(IFLA_BR.STP_STATE)) !== 0)
      findings.warn({ what, why: "its spanning tree protocol (STP) will be off" });
  }
}

/** Saves links with their settings. */
export function saveLinks(context: DumpContext, namespace: number): void {
  const links = readLinks(context);
  for (const link of links) {
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
  const settings = links.flatMap((link) => settingsOf(link) ?? []);
  if (settings.length > 0) context.own.network(namespace).links = settings;
}

/** What CRIU does not save of a link, where it differs from that of a new link. */
function settingsOf({ ifindex, type, attributes }: Link): InputOf<OwnLinkEntry> | undefined {
  const alias = text(attributes.get(IFLA.IFALIAS));
  const length = number(attributes.get(IFLA.TXQLEN));
  const group = number(attributes.get(IFLA.GROUP));
  const names = attributesOf(attributes.get(IFLA.PROP_LIST) ?? new Uint8Array(), IFLA.ALT_IFNAME).map(cString);
  const settings = {
    ...(alias === "" ? {} : { alias }),
    ...(length === (type === ndType.TUN ? QUEUE_LENGTH_OF_TUN : QUEUE_LENGTH) ? {} : { queue_length: length }),
    ...(group === 0 ? {} : { group }),
    ...(names.length === 0 ? {} : { names }),
  };
  return Object.keys(settings).length === 0 ? undefined : { ifindex, ...settings };
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

function text(bytes: Uint8Array = new Uint8Array()): string {
  return cString(bytes);
}

/** A number of 8, 16 or 32 bits; 0 if there is none. */
function number(bytes: Uint8Array = new Uint8Array()): number {
  return bytes.reduce((sum, byte, index) => sum + byte * 2 ** (8 * index), 0);
}
