import { definePlugin, type Plugin } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";
import { checkFirewall, saveFirewall } from "./firewall/dump.ts";
import { insideNetwork } from "./inside-network.ts";
import { checkLinks, saveLinks } from "./links/dump.ts";
import { saveDumps } from "./netlink-dumps/dump.ts";
import { saveNetworkSysctls } from "./sysctls/dump.ts";

/**
 * Links, addresses, routes, rules, sysctls and firewall of a tree with a network namespace of its own. Connection tracking is not saved. Requires
 * nft(8) for rules of nftables, iptables-save(8) for those of iptables.
 */
export function netNamespace(): Plugin {
  return definePlugin({
    name: "net-namespace",
    duty: "net-namespace",
    dump({ phases }) {
      phases.inspect.tree.tap("net-namespace", (_tree, context) => {
        if (ownNamespace(context, "net") === undefined) return;
        insideNetwork(context, () => {
          checkLinks(context);
          checkFirewall(context);
        });
      });
      phases.write.tree.tap("net-namespace", (_tree, context) => {
        const id = ownNamespace(context, "net");
        if (id === undefined) return;
        insideNetwork(context, () => {
          saveNetworkSysctls(context, id);
          saveLinks(context, id);
          saveDumps(context, id);
          saveFirewall(context, id);
        });
      });
    },
  });
}
