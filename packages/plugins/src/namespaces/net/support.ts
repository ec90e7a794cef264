import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "network namespaces",
    saved: "one for all tasks: loopback, addresses, routes, rules, firewall, sysctls",
    restored:
      "any number of them, external ones too (`--external net[...]` at the checkpoint, `--inherit-fd` or `--external net[KEY]:PATH` at the restore), empty ones (`--empty-ns net`); loopback, veth within the tree and to the host (`--external veth[...]`, `netdev[...]`), bridges with ports, TUN and TAP, macvlan (`--external macvlan[...]`); addresses, routes, rules, sysctls, nftables and iptables, tracked connections",
    refused: {
      dump: "links other than loopback",
      restore: "venet and sit links; sysctls that this kernel does not have",
    },
    kernel: "CONFIG_NET_NS; nft or iptables where the checkpoint has rules",
    shownBy: {
      saved: ["fixture namespaces", "fixture tcp-queued"],
      restored: [
        "case net-namespaces",
        "case tracked-connections",
        "case tcp-in-namespace",
        "case container",
        "fixture tcp-queued",
        "fixture namespaces",
        "fixture userns",
      ],
    },
  },
];
