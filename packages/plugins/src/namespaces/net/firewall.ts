import { type Checkpoint, type Host, type Plan, RestoreError } from "@restage/core";

/** The firewall of a namespace as CRIU dumped it: text that a program takes. Its own lock is in it: all packets are dropped but its own. */
interface Firewall {
  readonly kind: "nftables" | "iptables" | "ip6tables";
  readonly program: string;
  readonly args: readonly string[];
  readonly locked: string;
}

const PROGRAMS = [
  { kind: "nftables", program: "nft", args: ["-f", "-"] },
  { kind: "iptables", program: "iptables-restore", args: [] },
  { kind: "ip6tables", program: "ip6tables-restore", args: [] },
] as const;

/** The dumps of a namespace that are not empty. */
export function readFirewalls(checkpoint: Checkpoint, id: number): readonly Firewall[] {
  return PROGRAMS.flatMap((program) => {
    const bytes = checkpoint.source.read(`${program.kind}-${id}.img`) ?? new Uint8Array();
    const locked = new TextDecoder().decode(bytes).replaceAll("\0", "");
    return locked.trim() === "" ? [] : [{ ...program, locked }];
  });
}

export function checkFirewalls(plan: Plan, firewalls: readonly Firewall[]): void {
  for (const { kind, program } of firewalls) {
    if (plan.host.kernel.recording || plan.host.runProgram(program, ["--version"]).status !== undefined) continue;
    plan.refuse({ what: `${kind} of the tree`, why: `${program} is not there`, hint: `install ${kind}` });
  }
}

/** With the lock: nobody answers in the name of connections that are not there yet. To be called inside the namespace. */
export function lockFirewalls(host: Host, firewalls: readonly Firewall[]): void {
  for (const { program, args, locked } of firewalls) run(host, program, args, locked);
}

/** Without it, in one transaction. To be called inside the namespace. */
export function unlockFirewalls(host: Host, firewalls: readonly Firewall[]): void {
  for (const { kind, program, args, locked } of firewalls) {
    const text = kind === "nftables" ? `flush ruleset\n${withoutLock(locked)}` : withoutChain(locked);
    run(host, program, args, text);
  }
}

/** A dump of nft without CRIU's table, its chain and the jumps to that. */
export function withoutLock(text: string): string {
  const kept: string[] = [];
  let depth = 0;
  let skippedAt: number | undefined;
  for (const line of text.split("\n")) {
    const opens = line.trimEnd().endsWith("{");
    const isLock = /^\s*chain CRIU \{/.test(line) || /^table \w+ CRIU-/.test(line);
    if (isLock && skippedAt === undefined) skippedAt = depth;
    if (skippedAt === undefined && !/\bjump CRIU\b/.test(line)) kept.push(line);
    if (opens) depth++;
    if (line.trim() === "}") {
      depth--;
      if (depth === skippedAt) skippedAt = undefined;
    }
  }
  return kept.join("\n");
}

/** The same of iptables-save. */
function withoutChain(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^:CRIU |-A CRIU |-j CRIU\b/.test(line))
    .join("\n");
}

function run(host: Host, program: string, args: readonly string[], input: string): void {
  const { status, errors } = host.runProgram(program, args, `${input}\n`);
  if (status === 0) return;
  throw new RestoreError("ERR_PLUGIN", `Cannot set up the firewall of the tree: ${program} failed: ${errors.trim()}`, {
    hint: "its version may differ from that of the checkpoint's machine",
  });
}
