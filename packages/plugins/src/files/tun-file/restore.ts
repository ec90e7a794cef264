import { definePlugin, type Plan, type Plugin, struct, type Task, type Value } from "@restage/core";
import type { NetDeviceEntry, TunfileEntry } from "@restage/images";
import { IFF_TUN, TUN } from "@restage/linux/abi";
import { interfaceRequest } from "../../namespaces/net/links/tun-links.ts";
import { namespaceId } from "../../namespaces/own-namespaces.ts";
import { OpenFiles } from "../open-files.ts";
import { flagsOfOpen, regularFile } from "../regular-file/regular-file.ts";

/**
 * RESTORE: opens /dev/net/tun and attaches each file to its link. The duty "net-namespaces" has made the links already. From here on, a link that
 * was not persistent vanishes with its last descriptor.
 *
 * Requires CAP_NET_ADMIN in the network namespace, or ownership of the link.
 */
export function tunFiles(): Plugin {
  return definePlugin({
    name: "tun-files",
    duty: "tun-files",
    uses: [OpenFiles],
    stages: { RESTORE: "opens /dev/net/tun and attaches it to links" },
    apply({ plan, openFile, service }) {
      let links: ReadonlyMap<string, NetDeviceEntry> = new Map();
      plan.tap("tun-files", (plan) => {
        links = linksOf(plan);
        checkTunFiles(plan, links);
      });
      openFile.for("TUNF").tap("tun-files", ({ task, entry: { tunf, id }, images }) => {
        if (tunf === undefined) return undefined;
        const file = regularFile(images, id, "a TUN file in files.img");
        const descriptor = service(OpenFiles).open(task, id, flagsOfOpen(file));
        attach(task, descriptor, tunf, links);
        return descriptor;
      });
    },
  });
}

function attach(task: Task, descriptor: Value, file: TunfileEntry, links: ReadonlyMap<string, NetDeviceEntry>): void {
  const { netdev, detached } = file;
  const link = links.get(keyOf(file))?.tun;
  if (netdev === undefined || link === undefined) return;
  const { flags, sndbuf } = link;
  task.call
    .ioctl(descriptor, TUN.SETIFF, interfaceRequest(netdev, flags))
    .hint(`attaching to link ${netdev} requires CAP_NET_ADMIN in the tree's network namespace`);
  // The first file that attaches sets the buffer size of the link.
  task.call.ioctl(descriptor, TUN.SETSNDBUF, struct([4, sndbuf]));
  if (detached === true) task.call.ioctl(descriptor, TUN.SETQUEUE, interfaceRequest("", IFF_TUN.DETACH_QUEUE));
  if ((flags & IFF_TUN.PERSIST) === 0) task.call.ioctl(descriptor, TUN.SETPERSIST, 0);
}

/** TUN and TAP links of the tree's network namespaces, by name and namespace. */
function linksOf({ images, survivors }: Plan): ReadonlyMap<string, NetDeviceEntry> {
  const namespaces = [...new Set(survivors.map((task) => namespaceId(task, "net") ?? 0))];
  return new Map(
    namespaces.flatMap((ns_id) => {
      const links = images.values("netdev", ns_id).filter(({ tun }) => tun !== undefined);
      return links.map((link) => [keyOf({ netdev: link.name, ns_id }), link] as const);
    }),
  );
}

/** The name of a link with its namespace. */
function keyOf({ netdev, ns_id }: Pick<TunfileEntry, "netdev" | "ns_id">): string {
  return `${netdev} in network namespace ${ns_id ?? 0}`;
}

function checkTunFiles(plan: Plan, links: ReadonlyMap<string, unknown>): void {
  for (const { tunf } of plan.images.files.values()) {
    if (tunf?.netdev === undefined || links.has(keyOf(tunf))) continue;
    plan.refuse({ what: `descriptor of TUN link ${tunf.netdev}`, why: "the link is not in the checkpoint" });
  }
}
