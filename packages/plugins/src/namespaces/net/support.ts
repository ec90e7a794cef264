import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "namespaces",
    what: "network namespaces",
    saved:
      "one for the whole tree: loopback, veth within the tree and to the host, bridges with ports, TUN and TAP, macvlan; addresses, routes, rules, nftables and iptables, tracked connections, sysctls; without its content if it is external (`--external net[INODE]:KEY`)",
    restageImage:
      "permanent neighbours and proxies; static entries of bridges (fdb) and addresses that were added to links; alias, alternative names, queue length (txqueuelen) and group of links; queueing disciplines (fifos, tbf, codel, fq_codel, fq, sfq, clsact)",
    restored:
      "any number of them, also external ones (`--external net[...]` at the dump; `--inherit-fd` or `--external net[KEY]:PATH` at the restore) and empty ones (`--empty-ns net`); loopback, veth within the tree and to the host (`--external veth[...]`, `netdev[...]`), bridges with ports, TUN and TAP, macvlan within the tree and of the host (`--external macvlan[...]`); addresses, routes, rules, sysctls, nftables and iptables, tracked connections",
    lost: "other queueing disciplines, such as htb, and the spanning tree protocol of bridges, with a warning; other settings of bridges and their ports; BPF programs that are attached with tcx",
    refused: {
      dump: "other links; links with XDP programs or filters of tc; bridges that filter VLANs",
      restore: "venet and sit links; sysctls that this kernel does not have, without `--weak-sysctls`",
    },
    kernel: "CONFIG_NET_NS; nft or iptables if the checkpoint has rules",
    shownBy: {
      saved: [
        "case links",
        "case neighbours",
        "case tracked-connections",
        "case tcp-in-namespace",
        "case container",
        "case tun",
        "fixture namespaces",
        "fixture tcp-queued",
        "engine runc",
      ],
      restored: [
        "fixture tcp-queued",
        "fixture namespaces",
        "fixture userns",
        "case net-namespaces",
        "case neighbours",
        "case tracked-connections",
        "case tcp-in-namespace",
        "case container",
      ],
    },
  },
];
