import { type DumpContext, type Host, RestoreError } from "@restage/core";

/** Rules of iptables that are not part of nftables: the files list tables that have been used. Source: net/netfilter/x_tables.c. */
const LEGACY = [
  { kind: "iptables", program: "iptables-legacy-save", tables: "/proc/net/ip_tables_names" },
  { kind: "ip6tables", program: "ip6tables-legacy-save", tables: "/proc/net/ip6_tables_names" },
] as const;

/** Reports rules that cannot be saved because a program is missing. */
export function checkFirewall({ host, findings }: DumpContext): void {
  if (!host.isInstalled("nft")) {
    const why = "they are not saved, because nft(8) is not installed";
    findings.warn({ what: "firewall rules (nftables)", why, hint: "install nftables if the tree has rules" });
  }
  for (const { program } of LEGACY.filter(({ tables }) => isUsed(host, tables))) {
    if (host.isInstalled(program)) continue;
    findings.refuse({ what: "firewall rules (iptables)", why: `${program}(8) is not installed` });
  }
}

/** Saves the rules of this thread's network namespace, as text that a program can load. */
export function saveFirewall({ host, images }: DumpContext, namespace: number): void {
  const save = (kind: "nftables" | "iptables" | "ip6tables", program: string, args: readonly string[]) =>
    images.raw(kind, namespace, new TextEncoder().encode(output(host, program, args)));
  if (host.isInstalled("nft")) save("nftables", "nft", ["list", "ruleset"]);
  for (const { kind, program, tables } of LEGACY) if (isUsed(host, tables)) save(kind, program, []);
}

function isUsed(host: Host, tables: string): boolean {
  return (host.readText(tables) ?? "") !== "";
}

function output(host: Host, program: string, args: readonly string[]): string {
  const { status, output, errors } = host.runProgram(program, args);
  if (status === 0) return output;
  throw new RestoreError("ERR_PLUGIN", `Cannot save the firewall of the tree: ${program} failed: ${errors.trim()}`);
}
