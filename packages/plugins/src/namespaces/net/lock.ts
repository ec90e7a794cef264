import { type Host, RestoreError } from "@restage/core";
import type { InventoryEntry } from "@restage/images";
import { LOCK_MARK, LOCK_METHOD, lockTable } from "../../sockets/network-lock/format.ts";
import { deleteTable } from "../../sockets/network-lock/restore.ts";

/** The mark of packets that CRIU's rules accept. */
const MARK = `0x${LOCK_MARK.toString(16)}`;

const CHAIN = [
  ":CRIU - [0:0]",
  "-I INPUT -j CRIU",
  "-I OUTPUT -j CRIU",
  `-A CRIU -m mark --mark ${MARK} -j ACCEPT`,
  "-A CRIU -j DROP",
];
const JUMPS = [":CRIU - [0:0]", "-D INPUT -j CRIU", "-D OUTPUT -j CRIU"];

/** Drops all packets of a namespace with CRIU's rules. Must be called inside it. Requires CAP_NET_ADMIN. */
export function lockNamespace(host: Host, inventory: InventoryEntry): void {
  const method = methodOf(inventory);
  if (method === LOCK_METHOD.IPTABLES) changeFilters(host, CHAIN);
  if (method !== LOCK_METHOD.NFTABLES) return;
  const chain = (hook: string) =>
    `chain ${hook} { type filter hook ${hook} priority 0; policy drop; meta mark ${MARK} accept; }`;
  run(
    host,
    "nft",
    ["-f", "-"],
    `table ${lockTable(inventory.dump_criu_run_id ?? "")} { ${chain("output")} ${chain("input")} }\n`,
  );
}

/** Removes CRIU's rules. Must be called inside the namespace. */
export function unlockNamespace(host: Host, inventory: InventoryEntry): void {
  const method = methodOf(inventory);
  if (method === LOCK_METHOD.NFTABLES) deleteTable(host, inventory);
  if (method !== LOCK_METHOD.IPTABLES) return;
  // In two steps: with the iptables of nftables a chain is in use until the jumps to it are deleted.
  changeFilters(host, JUMPS);
  changeFilters(host, [":CRIU - [0:0]", "-X CRIU"]);
}

function methodOf({ network_lock_method }: InventoryEntry): number {
  return network_lock_method ?? LOCK_METHOD.IPTABLES;
}

function changeFilters(host: Host, lines: readonly string[]): void {
  const input = ["*filter", ...lines, "COMMIT", ""].join("\n");
  for (const tool of ["iptables-restore", "ip6tables-restore"]) run(host, tool, ["--wait", "--noflush"], input);
}

function run(host: Host, program: string, args: readonly string[], input: string): void {
  const { status, errors } = host.runProgram(program, args, input);
  if (status === 0 || host.kernel.recording) return;
  throw new RestoreError("ERR_PLUGIN", `Cannot change the lock of the network: ${program} failed: ${errors.trim()}`, {
    hint: "restore as root, with the firewall tools that the checkpoint used",
  });
}
