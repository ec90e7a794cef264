import type { Host, StageContext } from "@restage/core";
import { type NetDeviceEntry, ndType, type OwnNetworkEntry } from "@restage/images";
import { AT_FDCWD, NETLINK, NETNSA, NLM_F, O, RTM } from "@restage/linux/abi";
import { idsOutside } from "../user/ids-outside.ts";
import { makeTrackedConnections } from "./conntrack/restore.ts";
import { loadFirewalls } from "./firewall/restore.ts";
import { makeLinks, type OpenNamespace, setLinks } from "./links/restore.ts";
import { makeTunLink } from "./links/tun-links.ts";
import type { NetNamespace } from "./namespaces.ts";
import { makeAddresses, makeRoutes, makeRules, readDump } from "./netlink-dumps/restore.ts";
import { attribute, joined, NetlinkSocket } from "./netlink-socket.ts";
import type { KnownSysctls, ReadSysctl } from "./sysctls/known-sysctls.ts";
import { linkSysctls, networkSysctls, setSysctls } from "./sysctls/restore.ts";

/** struct rtgenmsg, padded. */
const RTGENMSG = 4;

/** A network namespace, and what it gets. */
interface Filling extends NetNamespace {
  readonly links: readonly NetDeviceEntry[];
  readonly own: OwnNetworkEntry | undefined;
  readonly settings: ReturnType<typeof settingsOf>;
  /** How to read settings that only this restore changes. */
  readonly read: ReadSysctl | undefined;
}

/**
 * Fills the network namespaces of a tree. The coordinator does it, with sockets that it opens inside, so that links can connect the namespaces with each
 * other and with the host.
 *
 * First come the settings of all namespaces and the links between them, none of them up, so that no packet passes before the firewalls work.
 *
 * @param known settings that nobody else has changed in these namespaces.
 */
export function fillNamespaces(
  context: StageContext,
  namespaces: readonly NetNamespace[],
  known: KnownSysctls | undefined,
): void {
  const { host, tree, images, options } = context;
  const outside = { descriptor: open(host, "/proc/self/ns/net"), routes: new NetlinkSocket(host, NETLINK.ROUTE) };
  const opened: (Filling & OpenNamespace & { readonly path: string })[] = [];
  try {
    for (const namespace of namespaces) {
      const path = `/proc/${tree.root.hostPid}/fd/${namespace.number}`;
      const links = namespace.filled ? images.values("netdev", namespace.id) : [];
      const settings = settingsOf(context, namespace, links);
      const read = known?.ofNew(host, namespace.id, [settings, links.map(({ flags, mtu }) => [flags, mtu])]);
      const own = namespace.filled ? images.own.network(namespace.id) : undefined;
      const filling: Filling = { ...namespace, links, settings, read, own };
      const routes = host.inside(path, "net", () => {
        prepare(context, filling);
        return new NetlinkSocket(host, NETLINK.ROUTE);
      });
      opened.push({ ...filling, path, descriptor: open(host, path), routes });
    }
    for (const namespace of opened) nameOthers(context, namespace, opened);
    makeLinks(opened, outside, options.external);
    for (const namespace of opened) host.inside(namespace.path, "net", () => complete(context, namespace));
  } finally {
    for (const { descriptor, routes } of [outside, ...opened]) {
      routes.close();
      host.call.close(descriptor);
    }
  }
}

/** Sets what must precede links between namespaces. */
function prepare({ host, options }: StageContext, { links, settings, read }: Filling): void {
  setSysctls(host, settings.ofNamespace, options, read);
  for (const link of links) makeTunLink(host, link);
}

/** Brings the links up, behind the firewall, and adds what needs them. */
function complete(context: StageContext, namespace: Filling & OpenNamespace): void {
  const { host, images, options } = context;
  const { id, filled, routes, settings, read } = namespace;
  if (filled) {
    loadFirewalls(host, context, id);
    setLinks(namespace);
    setSysctls(host, settings.ofLoopback, options, read);
    // What the other end of a link does can change these.
    setSysctls(host, settings.ofOtherLinks, options);
    makeAddresses(routes, readDump(images, "ifaddr", id));
    makeRoutes(routes, readDump(images, "route", id));
    makeRoutes(routes, readDump(images, "route6", id));
    makeRules(routes, readDump(images, "rule", id));
    for (const neighbour of namespace.own?.neighbours ?? [])
      routes.make("make neighbours", RTM.NEWNEIGH, NLM_F.CREATE | NLM_F.REPLACE, neighbour);
    for (const discipline of namespace.own?.disciplines ?? [])
      routes.make("set queueing disciplines", RTM.NEWQDISC, NLM_F.CREATE | NLM_F.EXCL, discipline);
  }
  makeTrackedConnections(host, images, id);
}

function settingsOf({ images, tree }: StageContext, { id, filled }: NetNamespace, links: readonly NetDeviceEntry[]) {
  const netns = filled ? images.optional("netns", id) : undefined;
  const isLoopback = ({ type }: NetDeviceEntry) => type === ndType.LOOPBACK;
  return {
    ofNamespace: netns === undefined ? [] : networkSysctls(netns, idsOutside(images, tree.root)),
    ofLoopback: links.filter(isLoopback).flatMap(linkSysctls),
    ofOtherLinks: links.filter((link) => !isLoopback(link)).flatMap(linkSysctls),
  };
}

/** Sets the numbers by which a namespace knows the others of the tree: descriptions of links contain them. */
function nameOthers(context: StageContext, { id, routes }: OpenNamespace, all: readonly OpenNamespace[]): void {
  for (const { target_ns_id, netnsid_value } of context.images.optional("netns", id)?.nsids ?? []) {
    const target = all.find(({ id }) => id === target_ns_id);
    if (target === undefined) continue;
    const number = attribute(NETNSA.NSID, netnsid_value);
    const body = joined(new Uint8Array(RTGENMSG), number, attribute(NETNSA.FD, target.descriptor));
    routes.make(`number network namespace ${target_ns_id}`, RTM.NEWNSID, 0, body);
  }
}

function open(host: Host, path: string): number {
  return host.call.openat(AT_FDCWD, path, O.RDONLY | O.CLOEXEC, 0).result;
}
