import type { Host, StageContext } from "@restage/core";
import { AT_FDCWD, NETLINK, NETNSA, O, RTM } from "@restage/linux/abi";
import { idsOutside } from "../user/ids-outside.ts";
import { makeTrackedConnections } from "./conntrack/restore.ts";
import { loadFirewalls } from "./firewall/restore.ts";
import { makeLinks, type OpenNamespace, setLinks } from "./links/restore.ts";
import { makeTunLink } from "./links/tun-links.ts";
import { lockNamespace } from "./lock.ts";
import type { NetNamespace } from "./namespaces.ts";
import { makeAddresses, makeRoutes, makeRules, readDump } from "./netlink-dumps/restore.ts";
import { attribute, joined, NetlinkSocket } from "./netlink-socket.ts";
import { linkSysctls, networkSysctls, setSysctls } from "./sysctls/restore.ts";

/** struct rtgenmsg, padded. */
const RTGENMSG = 4;

/**
 * Fills the network namespaces of a tree. The coordinator does it, with sockets that it opens inside, so that links can connect the namespaces with each
 * other and with the host.
 *
 * First come the settings of all namespaces and the links between them, none of them up, so that no packet passes before the firewalls work.
 */
export function fillNamespaces(context: StageContext, namespaces: readonly NetNamespace[]): void {
  const { host, tree, images, options } = context;
  const outside = { descriptor: open(host, "/proc/self/ns/net"), routes: new NetlinkSocket(host, NETLINK.ROUTE) };
  const opened: (NetNamespace & OpenNamespace & { readonly path: string })[] = [];
  try {
    for (const namespace of namespaces) {
      const path = `/proc/${tree.root.hostPid}/fd/${namespace.number}`;
      const routes = host.inside(path, "net", () => {
        prepare(context, namespace);
        return new NetlinkSocket(host, NETLINK.ROUTE);
      });
      const links = namespace.filled ? images.values("netdev", namespace.id) : [];
      opened.push({ ...namespace, path, descriptor: open(host, path), routes, links });
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

/** Sets what must precede links between namespaces. The images of a namespace that stays empty have no lock, so it is made here. */
function prepare({ host, images, tree, options }: StageContext, { id, filled, external }: NetNamespace): void {
  const netns = images.optional("netns", id);
  if (filled && netns !== undefined) {
    setSysctls(host, networkSysctls(netns, idsOutside(images, tree.root)), options);
  }
  if (filled) for (const link of images.values("netdev", id)) makeTunLink(host, link);
  if (!filled && !external) lockNamespace(host, images.inventory);
}

/** Brings the links up, behind the firewall, and adds what needs them. */
function complete(context: StageContext, namespace: NetNamespace & OpenNamespace): void {
  const { host, images, options } = context;
  const { id, filled, routes, links } = namespace;
  if (filled) {
    loadFirewalls(host, context, id);
    setLinks(namespace);
    for (const link of links) setSysctls(host, linkSysctls(link), options);
    makeAddresses(routes, readDump(images, "ifaddr", id));
    makeRoutes(routes, readDump(images, "route", id));
    makeRoutes(routes, readDump(images, "route6", id));
    makeRules(routes, readDump(images, "rule", id));
  }
  makeTrackedConnections(host, images, id);
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
