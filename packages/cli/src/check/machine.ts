import { arch, release } from "node:os";
import type { Finding } from "@restage/core";
import { readStatus, readText } from "@restage/linux";
import { type CapabilityName, hasCapability } from "@restage/linux/abi";

/** The oldest kernel that has all calls that every restore makes: close_range. */
const OLDEST_KERNEL = [5, 9] as const;

interface Need {
  /** Any of them will do. */
  readonly anyOf: readonly CapabilityName[];
  readonly purpose: string;
  /** Does every restore need it? */
  readonly always: boolean;
}

/** Sources: capabilities(7); clone(2), "EPERM"; prctl(2), PR_SET_MM. */
const NEEDS: readonly Need[] = [
  {
    anyOf: ["CAP_CHECKPOINT_RESTORE", "CAP_SYS_ADMIN"],
    purpose: "setting pids and the link to the executable",
    always: true,
  },
  { anyOf: ["CAP_SYS_ADMIN"], purpose: "seccomp filters, time namespaces and other namespaces", always: false },
  { anyOf: ["CAP_SYS_PTRACE"], purpose: "driving tasks that have other credentials", always: false },
  { anyOf: ["CAP_SYS_TIME"], purpose: "clocks that go on where they were", always: false },
  { anyOf: ["CAP_SETUID"], purpose: "user ids", always: false },
  { anyOf: ["CAP_SETGID"], purpose: "group ids", always: false },
  { anyOf: ["CAP_SETPCAP"], purpose: "bounding sets and securebits", always: false },
  { anyOf: ["CAP_SYS_NICE"], purpose: "lower nice values and real-time scheduling", always: false },
  { anyOf: ["CAP_SYS_RESOURCE"], purpose: "raising limits and lowering oom_score_adj", always: false },
  { anyOf: ["CAP_NET_ADMIN"], purpose: "TCP connections and large socket buffers", always: false },
  { anyOf: ["CAP_DAC_READ_SEARCH"], purpose: "files that have been deleted, and those of other users", always: false },
  { anyOf: ["CAP_SYS_CHROOT"], purpose: "root directories", always: false },
  { anyOf: ["CAP_LEASE"], purpose: "leases on files of other users", always: false },
];

/** What this machine, and what this process may do on it, stands against any restore; one in a user namespace needs no privileges. */
export function checkMachine(unprivileged: boolean): readonly Finding[] {
  return [...checkKernel(), ...(unprivileged ? [] : checkCapabilities()), ...checkSettings()];
}

function* checkKernel(): Generator<Finding> {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  if (major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])) {
    yield refused(`kernel ${release()}`, `it is older than ${OLDEST_KERNEL.join(".")}`);
  }
  if (arch() !== "x64") yield refused(`architecture ${arch()}`, "only x86_64 is restored yet");
}

function* checkCapabilities(): Generator<Finding> {
  const effective = BigInt(`0x${readStatus("self")?.get("CapEff") ?? "0"}`);
  for (const { anyOf, purpose, always } of NEEDS) {
    if (anyOf.some((name) => hasCapability(effective, name))) continue;
    const why = `it is missing, and needed for ${purpose}`;
    const hint = "run as root, or give this process the capability, or restore with --unprivileged";
    yield { severity: always ? "refused" : "warning", what: anyOf.join(" or "), why, hint, plugin: "check" };
  }
}

function* checkSettings(): Generator<Finding> {
  // Where the kernel has no Yama, or is older than memfd_noexec, there is no such file.
  if (readText("/proc/sys/kernel/yama/ptrace_scope") === "3") {
    yield refused("kernel.yama.ptrace_scope = 3", "no process may trace another", "only a reboot can change it");
  }
  if (readText("/proc/sys/vm/memfd_noexec") === "2") {
    const hint = "sysctl vm.memfd_noexec=1";
    yield refused("vm.memfd_noexec = 2", "the process from which tasks are forked cannot be started from memory", hint);
  }
}

function refused(what: string, why: string, hint?: string): Finding {
  return { severity: "refused", what, why, hint, plugin: "check" };
}
