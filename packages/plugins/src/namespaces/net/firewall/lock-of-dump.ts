/** A table of nft(8)'s listing, with its family, name and content. */
const TABLE = /^table (\S+) (\S+) \{$(.*?)^\}$\n?/gms;

/** The chains of CRIU's lock in a table of iptables, without counters. Source: CRIU criu/netfilter.c. */
const LOCK_CHAINS: readonly RegExp[] = [
  /^chain CRIU \{ meta mark 0x0*c114 accept drop \}$/,
  /^chain INPUT \{ type filter hook input priority \w+; policy accept; jump CRIU \}$/,
  /^chain OUTPUT \{ type filter hook output priority \w+; policy accept; jump CRIU \}$/,
];

/**
 * Removes CRIU's lock, which blocks all packets of a network namespace, from saved rules in the format of nft(8). A lock that shares a table with other
 * rules stays.
 */
export function withoutLock(rules: string): string {
  return rules.replace(TABLE, (table, family: string, name: string, content: string) => {
    const isLock = family === "inet" ? name.startsWith("CRIU-") : name === "filter" && hasOnlyLock(content);
    return isLock ? "" : table;
  });
}

/** Whether saved rules of a firewall contain the lock. */
export function hasLock(rules: string): boolean {
  return /\bCRIU\b/.test(rules);
}

function hasOnlyLock(content: string): boolean {
  const plain = content
    .replace(/^\s*#.*$/gm, "")
    .replace(/counter packets \d+ bytes \d+/g, "")
    .replace(/\s+/g, " ");
  const chains = plain.split(/(?=\bchain )/).map((chain) => chain.trim());
  const rest = chains.filter((chain) => chain !== "" && !LOCK_CHAINS.some((lock) => lock.test(chain)));
  return rest.length === 0 && chains.some((chain) => chain.startsWith("chain CRIU "));
}
