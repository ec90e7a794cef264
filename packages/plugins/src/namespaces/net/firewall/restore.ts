import { type Host, type ImageSet, type Plan, RestoreError } from "@restage/core";

/** The saved firewall of a namespace: text that a program loads. It includes the lock of the dump. */
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

/** The firewalls of a namespace that have rules. */
function readFirewalls(images: ImageSet, id: number): readonly Firewall[] {
  return PROGRAMS.flatMap((program) => {
    const bytes = images.source.read(`${program.kind}-${id}.img`) ?? new Uint8Array();
    const text = new TextDecoder().decode(bytes).replaceAll("\0", "");
    return text.trim() === "" ? [] : [{ ...program, text }];
  });
}

export function checkFirewalls(plan: Plan, id: number): void {
  for (const { kind, programs } of readFirewalls(plan.images, id)) {
    if (plan.host.kernel.recording || findProgram(plan.host, programs) !== undefined) continue;
    plan.refuse({
      what: `${kind} of the tree`,
      why: `${programs.join(" or ")} is not installed`,
      hint: `install ${kind}`,
      remedy: "machine",
    });
  }
}

/**
 * Loads firewalls, with the lock of the dump, so that the kernel does not answer packets of connections that do not exist yet. Must be called inside the
 * namespace, after its links are made: rules can name them.
 */
export function loadFirewalls(host: Host, images: ImageSet, id: number): void {
  for (const { programs, args, text } of readFirewalls(images, id)) {
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
