import { type Plan, RestoreError } from "@restage/core";
import { type NetDeviceEntry, ndType, type OwnLinkEntry, type OwnNetworkEntry } from "@restage/images";
import { IFINFOMSG, IFLA, IFLA_INFO, IFLA_MACVLAN, NLA_F_NESTED, NLM_F, RTM, VETH_INFO } from "@restage/linux/abi";
import { attribute, joined, type NetlinkSocket, optional } from "../netlink-socket.ts";
import { externalLink } from "./external-links.ts";

/** A network namespace while it is filled. */
export interface OpenNamespace {
  readonly id: number;
  /** The coordinator's descriptor of it. */
  readonly descriptor: number;
  readonly routes: NetlinkSocket;
  readonly links: readonly NetDeviceEntry[];
  /** What CRIU does not save of it. */
  readonly own: OwnNetworkEntry | undefined;
}

/** The network namespace of the coordinator. */
export type Outside = Pick<OpenNamespace, "descriptor" | "routes">;

const ALL_FLAGS = 0xffff_ffff;
const LARGEST_LOOPBACK_MTU = 65536;

const NOT_MADE: Readonly<Record<number, string>> = {
  [ndType.VENET]: "venet links, which only OpenVZ has,",
  [ndType.SIT]: "sit tunnels",
};

type LinksOf = Pick<OpenNamespace, "id" | "links">;

/** Refuses links that cannot be made, and those whose link on the host no option names. */
export function checkLinks(plan: Plan, namespaces: readonly LinksOf[]): void {
  const { external } = plan.options;
  for (const namespace of namespaces) {
    for (const link of namespace.links) {
      const { name, type } = link;
      const what = `link ${name}`;
      const kind = NOT_MADE[type];
      if (kind !== undefined) plan.refuse({ what, why: `${kind} are not restored yet` });
      if (
        type === ndType.MACVLAN &&
        link.peer_nsid === undefined &&
        externalLink(external, "macvlan", name) === undefined
      ) {
        const hint = `name it: --external macvlan[${name}]:HOST-LINK`;
        plan.refuse({ what, why: "no option names the link of the host that it belongs to", hint, remedy: "options" });
      }
      if (type !== ndType.VETH || link.peer_nsid !== undefined) continue;
      if ((["veth", "netdev"] as const).some((kind) => externalLink(external, kind, name) !== undefined)) continue;
      plan.warn({
        what,
        why: "its peer was on the host, and no option names it, so the kernel will choose a name",
        hint: `name it: --external veth[${name}]:HOST-LINK, with @BRIDGE after it to join one`,
      });
    }
  }
}

/** Makes all links, none of them up. Their peers on the host disappear with the namespaces. */
export function makeLinks(namespaces: readonly OpenNamespace[], outside: Outside, external: readonly string[]): void {
  const made = new Set<NetDeviceEntry>();
  for (const namespace of namespaces) {
    for (const link of namespace.links) {
      if (made.has(link)) continue;
      made.add(link);
      if (link.type === ndType.BRIDGE) create(namespace.routes, link, "bridge");
      if (link.type !== ndType.VETH) continue;
      const precreated = externalLink(external, "netdev", link.name);
      if (precreated !== undefined) moveIn(namespace, link, outside, precreated);
      else makePair(namespace, link, { namespaces, outside, external, made });
    }
  }
  // After the links that they belong to.
  for (const namespace of namespaces)
    for (const link of namespace.links)
      if (link.type === ndType.MACVLAN) makeMacvlan(namespace, link, outside, external);
}

/** Sets all links of a namespace, which come up: bridges before the links that join them. */
export function setLinks({ routes, links, own }: OpenNamespace): void {
  const ranked = [...links].sort((a, b) => Number(b.type === ndType.BRIDGE) - Number(a.type === ndType.BRIDGE));
  for (const { type, name, ifindex, mtu, address, flags, master } of ranked) {
    const isExternal = type === ndType.EXTLINK;
    const body = joined(
      // A link that a script has made can have another index here.
      linkMessage(isExternal ? 0 : ifindex, flags, ALL_FLAGS),
      ...(isExternal ? [attribute(IFLA.IFNAME, name)] : []),
      // Other links were made with their addresses.
      optional(IFLA.ADDRESS, isExternal || type === ndType.TUN ? address : undefined),
      ...(type === ndType.LOOPBACK && mtu === LARGEST_LOOPBACK_MTU ? [] : [attribute(IFLA.MTU, mtu)]),
      optional(IFLA.MASTER, master === 0 ? undefined : master),
      settingsOf(own?.links.find((link) => link.ifindex === ifindex)),
    );
    const hint = isExternal ? "make it in an action script, at setup-namespaces" : undefined;
    routes.make(`set link ${name}`, RTM.SETLINK, 0, body, hint);
    const names = own?.links.find((link) => link.ifindex === ifindex)?.names ?? [];
    if (names.length > 0) nameLink(routes, name, names);
  }
}

/** Gives a link its alternative names. */
function nameLink(routes: NetlinkSocket, name: string, names: readonly string[]): void {
  const list = joined(...names.map((other) => attribute(IFLA.ALT_IFNAME, other)));
  const body = joined(linkMessage(0), attribute(IFLA.IFNAME, name), attribute(IFLA.PROP_LIST | NLA_F_NESTED, list));
  routes.make(`give link ${name} its alternative names`, RTM.NEWLINKPROP, NLM_F.CREATE | NLM_F.EXCL, body);
}

function settingsOf({ alias, queue_length, group }: Partial<OwnLinkEntry> = {}): Uint8Array {
  return joined(
    // Without a zero byte, which would become a part of it.
    optional(IFLA.IFALIAS, alias === undefined ? undefined : new TextEncoder().encode(alias)),
    optional(IFLA.TXQLEN, queue_length),
    optional(IFLA.GROUP, group),
  );
}

interface PairContext {
  readonly namespaces: readonly OpenNamespace[];
  readonly outside: Outside;
  readonly external: readonly string[];
  readonly made: Set<NetDeviceEntry>;
}

/** Makes a veth link and its peer, which is in a namespace of the tree or outside. */
function makePair({ routes }: OpenNamespace, link: NetDeviceEntry, context: PairContext): void {
  const { namespaces, outside, external, made } = context;
  const named = externalLink(external, "veth", link.name);
  const home = named === undefined ? namespaces.find(({ id }) => id === link.peer_nsid) : undefined;
  const peer = home?.links.find(({ ifindex, type }) => ifindex === link.peer_ifindex && type === ndType.VETH);
  const [name, bridge] = named?.split("@") ?? [];
  const identityOfPeer = peer === undefined ? [optional(IFLA.IFNAME, name)] : identity(peer);
  const namespace = attribute(IFLA.NET_NS_FD, (home ?? outside).descriptor);
  const end = joined(linkMessage(peer?.ifindex ?? 0), ...identityOfPeer, namespace);
  const hint = name === undefined ? undefined : `check whether the host has a link ${name} already`;
  create(routes, link, "veth", attribute(VETH_INFO.PEER, end), hint);
  if (peer !== undefined) made.add(peer);
  if (name !== undefined && bridge !== undefined) join(outside.routes, name, bridge);
}

/** Makes a link of the host a port of a bridge there. */
function join(routes: NetlinkSocket, name: string, bridge: string): void {
  const body = joined(linkMessage(indexOf(routes, name)), attribute(IFLA.MASTER, indexOf(routes, bridge)));
  routes.make(`add link ${name} to bridge ${bridge}`, RTM.SETLINK, 0, body);
}

/** Moves a link that the caller has made on the host into the namespace. */
function moveIn(namespace: OpenNamespace, link: NetDeviceEntry, outside: Outside, name: string): void {
  const body = joined(
    linkMessage(indexOf(outside.routes, name)),
    ...identity(link),
    attribute(IFLA.NEW_IFINDEX, link.ifindex),
    attribute(IFLA.NET_NS_FD, namespace.descriptor),
  );
  outside.routes.make(`move link ${name} to the tree as ${link.name}`, RTM.SETLINK, 0, body);
}

/** Makes a macvlan link, which is only possible from the namespace of the link that it belongs to. */
function makeMacvlan(
  namespace: OpenNamespace,
  link: NetDeviceEntry,
  outside: Outside,
  external: readonly string[],
): void {
  const named = externalLink(external, "macvlan", link.name);
  const { routes } = named === undefined ? namespace : outside;
  const lower = named === undefined ? (link.peer_ifindex ?? 0) : indexOf(routes, named);
  const { mode = 0, flags } = link.macvlan ?? {};
  const settings = joined(
    attribute(IFLA_MACVLAN.MODE, mode),
    optional(IFLA_MACVLAN.FLAGS, flags === undefined ? undefined : new Uint8Array(Uint16Array.of(flags).buffer)),
  );
  const target = joined(attribute(IFLA.LINK, lower), attribute(IFLA.NET_NS_FD, namespace.descriptor));
  create(routes, link, "macvlan", settings, `check whether ${named ?? `link ${lower}`} can have macvlan links`, target);
}

function create(
  routes: NetlinkSocket,
  link: NetDeviceEntry,
  kind: string,
  settings?: Uint8Array,
  hint?: string,
  target: Uint8Array = new Uint8Array(),
): void {
  const info = joined(attribute(IFLA_INFO.KIND, kind), optional(IFLA_INFO.DATA, settings));
  const body = joined(linkMessage(link.ifindex), target, ...identity(link), attribute(IFLA.LINKINFO, info));
  routes.make(`make ${kind} link ${link.name}`, RTM.NEWLINK, NLM_F.CREATE | NLM_F.EXCL, body, hint);
}

function identity({ name, mtu, address }: NetDeviceEntry): readonly Uint8Array[] {
  return [attribute(IFLA.IFNAME, name), attribute(IFLA.MTU, mtu), optional(IFLA.ADDRESS, address)];
}

/** The index of a link of the host. */
function indexOf(routes: NetlinkSocket, name: string): number {
  const found = routes.find(RTM.GETLINK, joined(linkMessage(0), attribute(IFLA.IFNAME, name)));
  if (found !== undefined) return found.getInt32(IFINFOMSG.ifi_index, true);
  throw new RestoreError("ERR_PLUGIN", `Cannot find link ${name} on the host`, {
    hint: "make it, or name another link",
  });
}

/** struct ifinfomsg. Source: include/uapi/linux/rtnetlink.h. */
function linkMessage(index: number, flags = 0, change = 0): Uint8Array {
  const view = new DataView(new ArrayBuffer(IFINFOMSG.size));
  view.setInt32(IFINFOMSG.ifi_index, index, true);
  view.setUint32(IFINFOMSG.ifi_flags, flags, true);
  view.setUint32(IFINFOMSG.ifi_change, change, true);
  return new Uint8Array(view.buffer);
}
