import { type Host, RestoreError } from "@restage/core";
import type { InventoryEntry } from "@restage/images";
import { errnoText } from "@restage/linux/abi";
import { LOCK_METHOD } from "../../sockets/network-lock/format.ts";
import { lockingTable } from "../../sockets/network-lock/nft-table.ts";
import { openNetfilter, sendBatch } from "../../sockets/network-lock/nftables.ts";
import { deleteTable } from "../../sockets/network-lock/restore.ts";

const TOOLS = ["iptables", "ip6tables"] as const;

const JUMPS = [":CRIU - [0:0]", "-D INPUT -j CRIU", "-D OUTPUT -j CRIU"];

/**
 * Drops all packets of a namespace as long as a socket is open, also if this process is killed. Must be called inside it. Requires CAP_NET_ADMIN, Linux
 * 5.12 and CONFIG_NF_TABLES.
 *
 * @returns the socket.
 */
export function lockWhileOpen(host: Host): number {
  const socket = openNetfilter(host);
  const errno = sendBatch(host, socket, lockingTable(`restage-${host.runId}`));
  if (errno === 0) return socket;
  host.call.close(socket);
  throw new RestoreError("ERR_PLUGIN", `Cannot lock the network: nftables answered ${errnoText(errno)}`, {
    hint: "use Linux 5.12 or newer with CONFIG_NF_TABLES, and give this process CAP_NET_ADMIN",
  });
}

/** Removes CRIU's rules if there are any. Must be called inside the namespace. */
export function unlockNamespace(host: Host, inventory: InventoryEntry): void {
  const method = methodOf(inventory);
  if (method === LOCK_METHOD.NFTABLES) deleteTable(host, inventory);
  if (method !== LOCK_METHOD.IPTABLES) return;
  for (const tool of TOOLS) {
    if (!host.kernel.recording && !/^:CRIU /m.test(host.runProgram(`${tool}-save`, ["-t", "filter"]).output)) continue;
    // In two steps: with the iptables of nftables a chain is in use until the jumps to it are deleted.
    changeFilters(host, tool, JUMPS);
    changeFilters(host, tool, [":CRIU - [0:0]", "-X CRIU"]);
  }
}

function methodOf({ network_lock_method }: InventoryEntry): number {
  return network_lock_method ?? LOCK_METHOD.IPTABLES;
}

function changeFilters(host: Host, tool: (typeof TOOLS)[number], lines: readonly string[]): void {
  const input = ["*filter", ...lines, "COMMIT", ""].join("\n");
  run(host, `${tool}-restore`, ["--wait", "--noflush"], input);
}

function run(host: Host, program: string, args: readonly string[], input: string): void {
  const { status, errors } = host.runProgram(program, args, input);
  if (status === 0 || host.kernel.recording) return;
  throw new RestoreError("ERR_PLUGIN", `Cannot change the lock of the network: ${program} failed: ${errors.trim()}`, {
    hint: "install the firewall tools that the checkpoint used, and give this process CAP_NET_ADMIN",
  });
}
