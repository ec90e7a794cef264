import { type DumpContext, data, definePlugin, type Plugin, RestoreError } from "@restage/core";
import type { InetSkEntry, InputOf } from "@restage/images";
import { AF, CLONE, NETLINK, SOCK } from "@restage/linux/abi";
import { insideNetwork } from "../../namespaces/net/inside-network.ts";
import { ownNamespace } from "../../namespaces/own-namespaces.ts";
import { tableDeletion } from "./nft-table.ts";

/** `network_lock_method` of the inventory. Source: CRIU criu/include/cr_options.h. */
const NFTABLES = 1;
/** CRIU cuts the name of its table, with the family before it, to this length. Source: CRIU criu/net.c. */
const TABLE_NAME_SIZE = 31;
/** Packets with this mark are the restore's own. Source: CRIU soccr/soccr.h. */
const MARK = "0xc114";

/**
 * Keeps packets off saved TCP connections when their process is gone: the kernel would answer them in the name of nobody, and end the connection
 * for the peer. The rules are as CRIU makes them, in a table that a restore takes away. Requires CAP_NET_ADMIN and nft(8).
 *
 * Connections of which both ends are in the tree need none.
 */
export function networkLock(): Plugin {
  return definePlugin({
    name: "network-lock",
    duty: "network-lock",
    dump({ phases, filesDescribed }) {
      let connections: readonly InputOf<InetSkEntry>[] = [];
      filesDescribed.tap("network-lock", (_tree, context) => {
        if (context.options.leaveRunning || context.options.networkLock === "skip") return;
        connections = outgoing(context);
        if (connections.length === 0) return;
        context.inventory.network_lock_method = NFTABLES;
        if (context.host.runProgram("nft", ["--version"]).status === 0) return;
        const why = "nft(8), which keeps packets off them until they are restored, is not there";
        context.findings.refuse({
          what: `${connections.length} TCP connections with peers outside the tree`,
          why,
          hint: "install nftables, or keep packets off yourself and give --network-lock skip",
        });
      });
      phases.write.tree.tap("network-lock", (_tree, context) => {
        if (connections.length > 0) insideNetwork(context, () => lock(context, connections));
      });
    },
  });
}

function outgoing({ files }: DumpContext): readonly InputOf<InetSkEntry>[] {
  const sockets = files.all.flatMap(({ entry }) => entry?.isk ?? []).filter(({ tcp_opts }) => tcp_opts !== undefined);
  const ends = new Set(sockets.map(({ src_addr, src_port }) => `${src_addr} ${src_port}`));
  return sockets.filter(({ dst_port, dst_addr }) => dst_port !== 0 && !ends.has(`${dst_addr} ${dst_port}`));
}

function lock(context: DumpContext, connections: readonly InputOf<InetSkEntry>[]): void {
  const { host, runId } = context;
  const table = `inet CRIU-${runId}`.slice(0, TABLE_NAME_SIZE);
  const rules = connections.flatMap(({ family, src_addr = [], src_port, dst_addr = [], dst_port }) => {
    const ip = family === AF.INET ? "ip" : "ip6";
    const own = addressText(family, src_addr);
    const peer = addressText(family, dst_addr);
    return [
      `add rule ${table} input ${ip} saddr ${peer} ${ip} daddr ${own} tcp sport ${dst_port} tcp dport ${src_port} drop`,
      `add rule ${table} output ${ip} saddr ${own} ${ip} daddr ${peer} tcp sport ${src_port} tcp dport ${dst_port} drop`,
    ];
  });
  const script = [
    `create table ${table}`,
    ...["output", "input"].flatMap((hook) => [
      `add chain ${table} ${hook} { type filter hook ${hook} priority 0; }`,
      `add rule ${table} ${hook} meta mark ${MARK} accept`,
    ]),
    ...rules,
    "",
  ].join("\n");
  const { status, errors } = host.runProgram("nft", ["-f", "-"], script);
  if (status === 0) {
    const name = table.slice(table.indexOf(" ") + 1);
    unlockLater(context, name);
    return;
  }
  const hint = "keep packets off yourself and give --network-lock skip";
  throw new RestoreError("ERR_PLUGIN", `Cannot lock the network: nft failed: ${errors.trim()}`, { hint });
}

/** The table goes when the tree goes on after all, also when this process is killed before. */
function unlockLater(context: DumpContext, table: string): void {
  const {
    host,
    tree: { root },
  } = context;
  const message = data(tableDeletion(table));
  const isOwn = ownNamespace(context, "net") !== undefined;
  host.undo((call) => {
    if (isOwn) call.setns(call.pidfd_open(root.hostPid, 0), CLONE.NEWNET);
    const socket = call.socket(AF.NETLINK, SOCK.RAW, NETLINK.NETFILTER);
    call.write(socket, message, message.bytes.length);
  });
  context.onResume(() =>
    insideNetwork(context, () => {
      const { status, errors } = host.runProgram("nft", ["delete", "table", "inet", table]);
      if (status !== 0) throw new RestoreError("ERR_PLUGIN", `Cannot unlock the network: nft failed: ${errors.trim()}`);
    }),
  );
}

function addressText(family: number, words: readonly number[]): string {
  const bytes = new Uint8Array(Uint32Array.from(words).buffer);
  if (family === AF.INET) return bytes.subarray(0, 4).join(".");
  return Array.from({ length: 8 }, (_, n) => (((bytes[2 * n] ?? 0) << 8) | (bytes[2 * n + 1] ?? 0)).toString(16)).join(
    ":",
  );
}
