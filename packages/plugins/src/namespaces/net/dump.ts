import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";
import { saveDumps } from "./netlink-dumps/dump.ts";
import { checkFirewall, saveFirewall } from "./firewall/dump.ts";
import { checkLinks, saveLinks } from "./links/dump.ts";
import { saveNetworkSysctls } from "./sysctls/dump.ts";

/**
 * Links, addresses, routes, rules, sysctls and firewall of a tree with a network namespace of its own. Connection tracking is not saved. Requires
 * nft(8) for rules of nftables, iptables-save(8) for those of iptables.
 */
export function netNamespace(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "net-namespace",
    duty: "net-namespace",
    saves: [
      {
        group: "namespaces",
        what: "network namespaces",
        saved: "lo, addresses, routes, rules, firewall, settings",
        refused: "other links",
        shownBy: ["fixture namespaces", "fixture tcp-queued"],
      },
    ],
    apply({ look, write }) {
      look.tree.tap("net-namespace", (tree) => {
        if (ownNamespace(tree, "net") === undefined) return;
        tree.insideNetwork(() => {
          checkLinks(tree);
          checkFirewall(tree);
        });
      });
      write.tree.tap("net-namespace", (tree) => {
        const id = ownNamespace(tree, "net");
        if (id === undefined) return;
        tree.insideNetwork(() => {
          saveNetworkSysctls(tree, id);
          saveLinks(tree, id);
          saveDumps(tree, id);
          saveFirewall(tree, id);
        });
      });
    },
  });
}
