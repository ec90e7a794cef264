import { type Host, type Plan, RestoreError } from "@restage/core";
import type { NetDeviceEntry } from "@restage/images";
import { NLM_F } from "@restage/linux/abi";
import { attribute, joined, type RouteSocket } from "./route-socket.ts";
import { makeTunLink } from "./tun-links.ts";

/** Types of links. Source: CRIU images/netdev.proto. */
const ND = { LOOPBACK: 1, VETH: 2, TUN: 3, EXTLINK: 4, VENET: 5, BRIDGE: 6, MACVLAN: 7, SIT: 8 } as const;

const NAMES: Readonly<Record<number, string>> = { 4: "external", 5: "venet", 7: "macvlan", 8: "sit" };

/** Source: include/uapi/linux/rtnetlink.h, if_link.h, if.h, veth.h. */
const RTM_NEWLINK = 16;
const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  MASTER: 10,
  LINKINFO: 18,
  NET_NS_FD: 28,
  INFO_KIND: 1,
  INFO_DATA: 2,
} as const;
const VETH_INFO_PEER = 1;
const IFF_UP = 1;
const LARGEST_LOOPBACK_MTU = 65536;

/** Links that are made here; others are refused. */
export function checkLinks(plan: Plan, links: readonly NetDeviceEntry[]): void {
  for (const { name, type } of links) {
    const isMade = type === ND.LOOPBACK || type === ND.BRIDGE || type === ND.VETH || type === ND.TUN;
    if (!isMade)
      plan.refuse({ what: `link ${name}`, why: `${NAMES[type] ?? `type ${type}`} links are not restored yet` });
    if (type !== ND.VETH || peerOf(plan.options.external, name) !== undefined) continue;
    plan.refuse({
      what: `link ${name}`,
      why: "nobody says what its peer on the host is to be",
      hint: `name it: --external veth[${name}]:HOST-LINK, with @BRIDGE after it to join one`,
    });
  }
}

/**
 * Makes links and sets them, bridges before those that join them. Their peers on the host go with the namespace.
 *
 * @param own a descriptor of the namespace that peers come to.
 */
export function makeLinks(
  host: Host,
  routes: RouteSocket,
  links: readonly NetDeviceEntry[],
  external: readonly string[],
  own: number,
): void {
  for (const link of [...links].sort((a, b) => rank(a) - rank(b))) {
    if (link.type === ND.BRIDGE) create(routes, link, "bridge", undefined);
    if (link.type === ND.VETH) create(routes, link, "veth", joinedPeer(link.name, external, own));
    if (link.type === ND.TUN) makeTunLink(host, link);
    setLink(routes, link);
  }
}

function rank({ type }: NetDeviceEntry): number {
  return type === ND.LOOPBACK ? 0 : type === ND.BRIDGE ? 1 : 2;
}

function create(routes: RouteSocket, link: NetDeviceEntry, kind: string, peer: Uint8Array | undefined): void {
  const details = peer === undefined ? [] : [attribute(IFLA.INFO_DATA, peer)];
  const body = joined(
    message(link.ifindex, 0, 0),
    attribute(IFLA.IFNAME, link.name),
    ...(link.address === undefined ? [] : [attribute(IFLA.ADDRESS, link.address)]),
    attribute(IFLA.LINKINFO, joined(attribute(IFLA.INFO_KIND, kind), ...details)),
  );
  const hint = kind === "veth" ? "the host's link may have the name already" : undefined;
  routes.make(`make ${kind} link ${link.name}`, RTM_NEWLINK, NLM_F.CREATE | NLM_F.EXCL, body, hint);
}

/** Flags, MTU and master of a link that is there. */
function setLink(routes: RouteSocket, { type, name, ifindex, mtu, flags, master, address }: NetDeviceEntry): void {
  const body = joined(
    message(ifindex, flags & IFF_UP, IFF_UP),
    // Others are made with theirs.
    ...(type === ND.TUN && address !== undefined ? [attribute(IFLA.ADDRESS, address)] : []),
    ...(type === ND.LOOPBACK && mtu === LARGEST_LOOPBACK_MTU ? [] : [attribute(IFLA.MTU, mtu)]),
    ...(master === undefined || master === 0 ? [] : [attribute(IFLA.MASTER, master)]),
  );
  routes.make(`set link ${name}`, RTM_NEWLINK, 0, body);
}

/** The other end of a veth pair, in the namespace of this process. */
function joinedPeer(name: string, external: readonly string[], own: number): Uint8Array {
  const peer = peerOf(external, name);
  if (peer === undefined) throw new RestoreError("ERR_PLUGIN", `Link ${name} has no peer`);
  return attribute(
    VETH_INFO_PEER,
    joined(message(0, 0, 0), attribute(IFLA.IFNAME, peer), attribute(IFLA.NET_NS_FD, own)),
  );
}

/** `veth[NAME]:PEER` or `veth[NAME]:PEER@BRIDGE` of --external. */
function peerOf(external: readonly string[], name: string): string | undefined {
  const prefix = `veth[${name}]:`;
  return external
    .find((key) => key.startsWith(prefix))
    ?.slice(prefix.length)
    .split("@")[0];
}

/** struct ifinfomsg. Source: include/uapi/linux/rtnetlink.h. */
function message(index: number, flags: number, change: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, change, true);
  return new Uint8Array(view.buffer);
}
