import { type DumpContext, data, definePlugin, type Plugin, RestoreError } from "@restage/core";
import type { InetSkEntry, InputOf } from "@restage/images";
import { AF, CLONE, errnoText, NETLINK, SIOCOUTQ, SOCK, TCP_STATE } from "@restage/linux/abi";
import { ioctlNumber } from "../../ioctl-number.ts";
import { insideNetwork } from "../../namespaces/net/inside-network.ts";
import { ownNamespace } from "../../namespaces/own-namespaces.ts";
import { addressText, type InetAddresses, unmappedAddresses } from "../inet/addresses.ts";
import { LOCK_MARK, LOCK_METHOD, lockTable } from "./format.ts";
import { tableDeletion } from "./nft-table.ts";
import { deleteInetTable } from "./nftables.ts";

const { CLOSE, ESTABLISHED } = TCP_STATE;

/** A connection, with the addresses of its packets. */
type LockedConnection = InetAddresses & Pick<InetSkEntry, "src_port" | "dst_port">;

/**
 * Keeps packets off saved TCP connections once their process is gone. The kernel would answer them with RST, which ends the connection for the
 * peer. The rules are CRIU's, in a table that a restore deletes. Requires CAP_NET_ADMIN and nft(8).
 *
 * Connections with both ends in the tree need no lock for a restore by Restage. CRIU restores the ends side by side. One that has data to send, or that
 * is half closed, makes packets in CRIU's hands before the other exists, and is reset: these connections are locked too, if nft(8) is there.
 */
export function networkLock(): Plugin {
  return definePlugin({
    name: "network-lock",
    duty: "network-lock",
    phases: {
      inspect: "looks for nft(8), if there are TCP connections with peers outside the tree",
      write: "keeps packets off saved TCP connections with nftables",
      resume: "deletes the nftables rules, unless the tree is killed",
    },
    dump({ phases, filesDescribed }) {
      let connections: readonly LockedConnection[] = [];
      filesDescribed.tap("network-lock", (_tree, context) => {
        if (context.options.leaveRunning || context.options.networkLock === "skip") return;
        const { outgoing, busy } = findConnections(context);
        if (outgoing.length + busy.length === 0) return;
        if (context.host.isInstalled("nft")) {
          connections = [...outgoing, ...busy];
          if (context.options.networkLock === "iptables") {
            const why = "it is made with nftables instead of iptables: a CRIU that restores this needs nftables too";
            context.findings.warn({ what: "the network lock", why });
          }
          context.inventory.network_lock_method = LOCK_METHOD.NFTABLES;
        } else if (outgoing.length > 0) {
          context.findings.refuse({
            what: `${outgoing.length} TCP connections with peers outside the tree`,
            why: "nft(8) is missing, with which Restage keeps packets off them until the restore",
            hint: "install nftables, or keep packets off yourself and use --network-lock skip",
          });
        }
      });
      // The rules of a network namespace of the tree's own are saved with the lock.
      phases.write.tree.tap({ name: "network-lock", before: "net-namespaces" }, (_tree, context) => {
        if (connections.length > 0) insideNetwork(context, () => lock(context, connections));
      });
    },
  });
}

interface Connections {
  /** Those whose peer is outside the tree. */
  readonly outgoing: readonly LockedConnection[];
  /** The others that have data to send or that one end has closed. */
  readonly busy: readonly LockedConnection[];
}

function findConnections(context: DumpContext): Connections {
  const sockets = context.files.all.flatMap(({ entry, descriptor }) =>
    entry?.isk?.tcp_opts === undefined ? [] : [{ ...connectionOf(entry.isk), state: entry.isk.state, descriptor }],
  );
  const ends = new Set(sockets.map(({ src_addr, src_port }) => `${src_addr} ${src_port}`));
  const connected = sockets.filter(({ dst_port }) => dst_port !== 0);
  const isInside = ({ dst_addr, dst_port }: LockedConnection) => ends.has(`${dst_addr} ${dst_port}`);
  return {
    outgoing: connected.filter((socket) => !isInside(socket)),
    busy: connected.filter(
      (socket) =>
        isInside(socket) && socket.state !== CLOSE && (socket.state !== ESTABLISHED || isSending(context, socket)),
    ),
  };
}

/** Whether a connection has data that was not acknowledged. It keeps it, since nothing arrives; what was not sent can be sent at any time. */
function isSending({ host }: DumpContext, { descriptor }: { readonly descriptor: number | undefined }): boolean {
  return descriptor !== undefined && (ioctlNumber(host, descriptor, SIOCOUTQ) ?? 0) > 0;
}

function connectionOf(socket: InputOf<InetSkEntry>): LockedConnection {
  const { family, src_addr = [], dst_addr = [], src_port, dst_port } = socket;
  return { ...unmappedAddresses({ family, src_addr, dst_addr }), src_port, dst_port };
}

function lock(context: DumpContext, connections: readonly LockedConnection[]): void {
  const { host, runId } = context;
  const table = lockTable(runId);
  const rules = connections.flatMap(({ family, src_addr, src_port, dst_addr, dst_port }) => {
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
      `add rule ${table} ${hook} meta mark 0x${LOCK_MARK.toString(16)} accept`,
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
  const hint = "keep packets off yourself and use --network-lock skip";
  throw new RestoreError("ERR_PLUGIN", `Cannot lock the network: nft failed: ${errors.trim()}`, { hint });
}

/** Deletes the table if the tree resumes after all; the janitor deletes it if this process is killed. */
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
      const errno = deleteInetTable(host, table);
      if (errno === 0) return;
      throw new RestoreError("ERR_PLUGIN", `Cannot unlock the network: nftables answered ${errnoText(errno)}`);
    }),
  );
}
