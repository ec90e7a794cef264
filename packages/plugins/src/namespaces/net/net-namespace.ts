import { type Checkpoint, definePlugin, type Plan, type RestorePlugin } from "@restage/core";
import type { DumpKind } from "@restage/images";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";
import { readDump, replay } from "./dumps.ts";
import { checkFirewalls, lockFirewalls, readFirewalls, unlockFirewalls } from "./firewall.ts";
import { checkLinks, makeLinks } from "./links.ts";
import { RouteSocket } from "./route-socket.ts";
import { setLinkSysctls, setNetworkSysctls } from "./sysctls.ts";

/** In the order in which they are made. */
const DUMPS: readonly (readonly [DumpKind, string])[] = [
  ["ifaddr", "addresses"],
  ["rule", "rules"],
  ["route", "routes"],
  ["route6", "routes"],
];

/**
 * ROOT_TASK: a network namespace of the tree's own. PREPARE_NAMESPACES: its firewall, which lets nothing through until the commit; sysctls, links,
 * addresses, rules and routes. All of it goes with the namespace when the restore fails.
 *
 * Requires CAP_SYS_ADMIN and CAP_NET_ADMIN.
 */
export function netNamespace(): RestorePlugin {
  return definePlugin({
    name: "net-namespace",
    duty: "net-namespace",
    stages: {
      ROOT_TASK: "enters a new network namespace",
      PREPARE_NAMESPACES: "firewall, sysctls, links, addresses, rules, routes",
    },
    supports: [
      {
        group: "namespaces",
        what: "network namespace",
        restored:
          "loopback, veth with a peer on the host (`--external veth[...]`), bridges, TUN and TAP; addresses, routes, rules, sysctls, nftables and iptables",
        refused: "macvlan, sit and external links",
        kernel: "CONFIG_NET_NS; nft or iptables where the checkpoint has rules",
        shownBy: ["fixture tcp-queued", "fixture namespaces", "fixture userns"],
      },
    ],
    apply({ plan, stages, commit }) {
      let id: number | undefined;
      plan.tap("net-namespace", (plan) => {
        const { checkpoint, tree } = plan;
        if (!hasOwnNamespace(checkpoint, tree.root, "net")) return;
        id = namespaceId(tree.root, "net") ?? 0;
        check(plan, id);
      });
      stages.ROOT_TASK.task.tap("net-namespace", (root) => {
        if (id !== undefined) root.call.unshare(CLONE.NEWNET);
      });
      stages.PREPARE_NAMESPACES.enter.tap("net-namespace", ({ tree, checkpoint, host, options }) => {
        const namespace = id;
        if (namespace === undefined) return;
        const links = checkpoint.values("netdev", namespace);
        host.inside(tree.root.hostPid, "net", (own) => {
          lockFirewalls(host, readFirewalls(checkpoint, namespace));
          const netns = checkpoint.optional("netns", namespace);
          if (netns !== undefined) setNetworkSysctls(host, netns);
          const routes = new RouteSocket(host);
          try {
            makeLinks(host, routes, links, options.external, own);
            for (const link of links) setLinkSysctls(host, link);
            for (const [kind, what] of DUMPS) replay(routes, what, dump(checkpoint, kind, namespace));
          } finally {
            routes.close();
          }
        });
      });
      commit.tap("net-namespace", ({ tree, checkpoint, host }) => {
        const namespace = id;
        if (namespace === undefined) return;
        host.inside(tree.root.hostPid, "net", () => unlockFirewalls(host, readFirewalls(checkpoint, namespace)));
      });
    },
  });
}

function dump(checkpoint: Checkpoint, kind: DumpKind, id: number) {
  const file = `${kind}-${id}.img`;
  return readDump(kind, file, checkpoint.source.read(file) ?? new Uint8Array());
}

function check(plan: Plan, id: number): void {
  const { checkpoint } = plan;
  const netns = checkpoint.optional("netns", id);
  if (netns?.ext_key !== undefined && netns.ext_key !== "") {
    plan.refuse({ what: `network namespace ${netns.ext_key}`, why: "namespaces from outside are not joined yet" });
  }
  checkLinks(plan, checkpoint.values("netdev", id));
  checkFirewalls(plan, readFirewalls(checkpoint, id));
  for (const [kind] of DUMPS) dump(checkpoint, kind, id);
}
