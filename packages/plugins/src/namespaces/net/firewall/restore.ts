import { type Host, type ImageSet, type Plan, RestoreError, type RestoreOptions } from "@restage/core";
import { hasConnections } from "../connections.ts";
import { hasLock, withoutLock } from "./lock-of-dump.ts";

/** The saved firewall of a namespace: text that a program loads. It includes the lock of the dump if connections need it. */
interface Firewall {
  readonly kind: "nftables" | "iptables" | "ip6tables";
  /** Programs that can load it, the best first. CRIU saves with legacy iptables what nft does not show. */
  readonly programs: readonly string[];
  readonly args: readonly string[];
  readonly text: string;
}

const PROGRAMS = [
  { kind: "nftables", programs: ["nft"], args: ["-f", "-"] },
  { kind: "iptables", programs: ["iptables-legacy-restore", "iptables-restore"], args: ["--wait"] },
  { kind: "ip6tables", programs: ["ip6tables-legacy-restore", "ip6tables-restore"], args: ["--wait"] },
] as const;

/** The images, and whether connections are restored. */
type Saved = { readonly images: ImageSet; readonly options: RestoreOptions };

/** The firewalls of a namespace that have rules. Loading and deleting the lock of a dump takes longer than the rest of a small restore. */
function readFirewalls(saved: Saved, id: number): readonly Firewall[] {
  const { images } = saved;
  const keepsLock = hasConnections(saved, id);
  return PROGRAMS.flatMap((program) => {
    const bytes = images.source.read(`${program.kind}-${id}.img`) ?? new Uint8Array();
    const all = new TextDecoder().decode(bytes).replaceAll("\0", "");
    const text = keepsLock || program.kind !== "nftables" ? all : withoutLock(all);
    return text.trim() === "" ? [] : [{ ...program, text }];
  });
}

export function checkFirewalls(plan: Plan, id: number): void {
  for (const { kind, programs } of readFirewalls(plan, id)) {
    if (plan.host.kernel.recording || findProgram(plan.host, programs) !== undefined) continue;
    plan.refuse({
      what: `${kind} of the tree`,
      why: `${programs.join(" or ")} is not installed`,
      hint: `install ${kind}`,
      remedy: "machine",
    });
  }
}

/** Whether the firewall of a namespace contains the lock of the dump when it has been loaded. */
export function isLoadedLocked(saved: Saved, id: number): boolean {
  return readFirewalls(saved, id).some(({ text }) => hasLock(text));
}

/**
 * Loads firewalls. The lock of the dump keeps the kernel from answering packets of connections that do not exist yet. Must be called inside the
 * namespace, after its links are made: rules can name them.
 */
export function loadFirewalls(host: Host, saved: Saved, id: number): void {
  for (const { programs, args, text } of readFirewalls(saved, id)) {
    const program = findProgram(host, programs) ?? programs[0] ?? "";
    const { status, errors } = host.runProgram(program, args, `${text}\n`);
    if (status === 0 || host.kernel.recording) continue;
    const message = `Cannot load the firewall of the tree: ${program} failed: ${errors.trim()}`;
    throw new RestoreError("ERR_PLUGIN", message, {
      hint: `compare the version of ${program} with that of the machine of the checkpoint`,
    });
  }
}

function findProgram(host: Host, programs: readonly string[]): string | undefined {
  return programs.find((program) => host.isInstalled(program));
}
