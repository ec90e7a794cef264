import { definePlugin, type Plugin } from "@restage/core";
import { saveTrackedConnections } from "./conntrack/dump.ts";
import { contentNamespace } from "./content-namespace.ts";
import { checkDisciplines, saveDisciplines } from "./disciplines/dump.ts";
import { checkFirewall, saveFirewall } from "./firewall/dump.ts";
import { insideNetwork } from "./inside-network.ts";
import { checkLinks, saveLinks } from "./links/dump.ts";
import { saveNeighbours } from "./neighbours/dump.ts";
import { saveDumps } from "./netlink-dumps/dump.ts";
import { saveNetworkSysctls } from "./sysctls/dump.ts";

/**
 * Saves links, addresses, routes, rules, neighbours, sysctls, the firewall and the tracked connections of a tree with a network namespace of its own.
 * Requires nft(8) for rules of nftables, and iptables-save(8) for rules of iptables.
 */
export function netNamespaces(): Plugin {
  return definePlugin({
    name: "net-namespaces",
    duty: "net-namespaces",
    phases: {
      inspect: "refuses links that a restore could not make, and filters of tc",
      write:
        "saves sysctls, links, queueing disciplines, addresses, rules, routes, neighbours, firewalls and tracked connections",
    },
    dump({ phases }) {
      phases.inspect.tree.tap("net-namespaces", (_tree, context) => {
        if (contentNamespace(context) === undefined) return;
        insideNetwork(context, () => {
          checkLinks(context);
          checkDisciplines(context);
          checkFirewall(context);
        });
      });
      phases.write.tree.tap("net-namespaces", (_tree, context) => {
        const id = contentNamespace(context);
        if (id === undefined) return;
        insideNetwork(context, () => {
          saveNetworkSysctls(context, id);
          saveLinks(context, id);
          saveDumps(context, id);
          saveNeighbours(context, id);
          saveDisciplines(context, id);
          saveFirewall(context, id);
          saveTrackedConnections(context, id);
        });
      });
    },
  });
}
