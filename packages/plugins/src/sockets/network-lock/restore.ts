import { type Host, RestoreError } from "@restage/core";
import type { InetSkEntry, InventoryEntry } from "@restage/images";
import { AF } from "@restage/linux/abi";
import { addressText, unmappedWords } from "../inet/addresses.ts";

/** Values of `network_lock_method` in the inventory: how the dump has kept packets off. Source: CRIU criu/include/cr_options.h. */
export const LOCK_METHOD = { IPTABLES: 0, NFTABLES: 1, SKIP: 2 } as const;

/** CRIU cuts the name of its table, with the family before it, to this length. Source: CRIU criu/net.c. */
const TABLE_NAME_SIZE = 31;

/** Packets with this mark CRIU's rules let through. Source: CRIU soccr/soccr.h. */
const LETS_MARKED_THROUGH = "! --mark 0xc114";

/**
 * Takes away the firewall rules with which the dump keeps packets of connections off, so that nobody answers them in the name of connections that are not
 * there. On another machine than the dump's there are none.
 *
 * Requires CAP_NET_ADMIN, and the tool that the dump has used.
 */
export function unlockConnections(host: Host, inventory: InventoryEntry, connections: readonly InetSkEntry[]): void {
  const method = inventory.network_lock_method ?? LOCK_METHOD.IPTABLES;
  if (method === LOCK_METHOD.NFTABLES) deleteTable(host, inventory);
  if (method !== LOCK_METHOD.IPTABLES) return;
  const unmapped = connections.map((entry) => ({ ...entry, ...unmappedWords(entry) }));
  deleteRules(
    host,
    "iptables",
    unmapped.filter(({ family }) => family === AF.INET),
  );
  deleteRules(
    host,
    "ip6tables",
    unmapped.filter(({ family }) => family === AF.INET6),
  );
}

/** Family and name of the table of nftables with which the dump keeps packets off. */
export function lockTable({ dump_criu_run_id }: InventoryEntry): string {
  return `inet CRIU-${dump_criu_run_id ?? ""}`.slice(0, TABLE_NAME_SIZE);
}

/** Takes it away, where it is. To be called inside its network namespace. */
export function deleteTable(host: Host, inventory: InventoryEntry): void {
  const table = lockTable(inventory);
  const { status, output } = host.runProgram("nft", ["list", "tables"]);
  if (status !== 0 || !output.split("\n").includes(`table ${table}`)) return;
  const { status: deleted, errors } = host.runProgram("nft", ["delete", "table", ...table.split(" ")]);
  if (deleted !== 0) throw stillLocked(`nft delete table ${table}`, errors);
}

/** Of all rules there are, those of CRIU for these connections; one run takes away all of them. */
function deleteRules(host: Host, tool: "iptables" | "ip6tables", connections: readonly InetSkEntry[]): void {
  if (connections.length === 0) return;
  const ends = new Set(connections.flatMap(bothDirections));
  const { output } = host.runProgram(`${tool}-save`, ["-t", "filter"]);
  const rules = output.split("\n").filter((line) => line.includes(LETS_MARKED_THROUGH) && ends.has(directionOf(line)));
  if (rules.length === 0) return;
  const input = ["*filter", ...rules.map((rule) => rule.replace(/^-A/, "-D")), "COMMIT", ""].join("\n");
  const { status, errors } = host.runProgram(`${tool}-restore`, ["--wait", "--noflush"], input);
  if (status !== 0) throw stillLocked(`${tool}-restore`, errors);
}

function bothDirections({ family, src_addr, src_port, dst_addr, dst_port }: InetSkEntry): readonly string[] {
  const own = `${addressText(family, src_addr)} ${src_port}`;
  const peer = `${addressText(family, dst_addr)} ${dst_port}`;
  return [`${own} ${peer}`, `${peer} ${own}`];
}

/** From where to where the packets go that a rule is about. */
function directionOf(rule: string): string {
  const value = (option: string) => new RegExp(` ${option} ([^ /]+)`).exec(rule)?.[1] ?? "";
  return `${value("-s")} ${value("--sport")} ${value("-d")} ${value("--dport")}`;
}

function stillLocked(command: string, errors: string): RestoreError {
  const message = `Cannot unlock the network of the dump: ${command} failed: ${errors.trim()}`;
  return new RestoreError("ERR_PLUGIN", message, {
    hint: "restore as root, with the firewall tools that the dump has used",
  });
}
