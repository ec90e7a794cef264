import { type Host, RestoreError } from "@restage/core";
import type { InetSkEntry, InventoryEntry } from "@restage/images";
import { AF, ERRNO, errnoText } from "@restage/linux/abi";
import { addressText, unmappedAddresses } from "../inet/addresses.ts";
import { LOCK_MARK, LOCK_METHOD, lockTable } from "./format.ts";
import { deleteInetTable } from "./nftables.ts";

/** How a rule of CRIU says that marked packets pass. */
const EXCEPT_MARKED = `! --mark 0x${LOCK_MARK.toString(16)}`;

/**
 * Deletes the firewall rules with which the checkpoint keeps packets off connections. On another machine there are none.
 *
 * Requires CAP_NET_ADMIN, and the tool with which the rules were made.
 */
export function unlockConnections(host: Host, inventory: InventoryEntry, connections: readonly InetSkEntry[]): void {
  const method = inventory.network_lock_method ?? LOCK_METHOD.IPTABLES;
  if (method === LOCK_METHOD.NFTABLES) deleteTable(host, inventory);
  if (method !== LOCK_METHOD.IPTABLES) return;
  const unmapped = connections.map((entry) => ({ ...entry, ...unmappedAddresses(entry) }));
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

/** Deletes the table of a lock, if there is one. Must be called inside its network namespace. */
export function deleteTable(host: Host, inventory: InventoryEntry): void {
  const table = lockTable(inventory.dump_criu_run_id ?? "");
  const errno = deleteInetTable(host, table.slice(table.indexOf(" ") + 1));
  if (!NO_TABLE.includes(errno)) throw stillLocked(`deleting the table ${table}`, errnoText(errno));
}

/** Answers for a table that does not exist, or a kernel without nftables. */
const NO_TABLE: readonly number[] = [0, ERRNO.ENOENT, ERRNO.EOPNOTSUPP];

/** Finds CRIU's rules for these connections among all rules, and deletes them in one run. */
function deleteRules(host: Host, tool: "iptables" | "ip6tables", connections: readonly InetSkEntry[]): void {
  if (connections.length === 0) return;
  const ends = new Set(connections.flatMap(bothDirections));
  const { output } = host.runProgram(`${tool}-save`, ["-t", "filter"]);
  const rules = output.split("\n").filter((line) => line.includes(EXCEPT_MARKED) && ends.has(directionOf(line)));
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

/** Source and destination of the packets that a rule matches. */
function directionOf(rule: string): string {
  const value = (option: string) => new RegExp(` ${option} ([^ /]+)`).exec(rule)?.[1] ?? "";
  return `${value("-s")} ${value("--sport")} ${value("-d")} ${value("--dport")}`;
}

function stillLocked(command: string, errors: string): RestoreError {
  const message = `Cannot unlock the network after the checkpoint: ${command} failed: ${errors.trim()}`;
  return new RestoreError("ERR_PLUGIN", message, {
    hint: "install the firewall tools that the checkpoint used, and give this process CAP_NET_ADMIN",
  });
}
