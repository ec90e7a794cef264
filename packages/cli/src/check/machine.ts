import { arch, release } from "node:os";
import { type Finding, giveCapability } from "@restage/core";
import { readStatus, readText } from "@restage/linux";
import { type CapabilityName, hasCapability } from "@restage/linux/abi";

/** The oldest kernel that has all calls that every restore makes; the newest of them is close_range. */
const OLDEST_KERNEL = [5, 9] as const;

interface Need {
  /** Any of them is enough. */
  readonly anyOf: readonly [CapabilityName, ...CapabilityName[]];
  readonly purpose: string;
  /** Whether every restore needs it. */
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
  { anyOf: ["CAP_SYS_PTRACE"], purpose: "tracing tasks that have other credentials", always: false },
  { anyOf: ["CAP_SYS_TIME"], purpose: "clocks that continue where they were", always: false },
  { anyOf: ["CAP_SETUID"], purpose: "user ids", always: false },
  { anyOf: ["CAP_SETGID"], purpose: "group ids", always: false },
  { anyOf: ["CAP_SETPCAP"], purpose: "bounding sets and securebits", always: false },
  { anyOf: ["CAP_SYS_NICE"], purpose: "lower nice values and real-time scheduling", always: false },
  { anyOf: ["CAP_SYS_RESOURCE"], purpose: "raising limits and lowering oom_score_adj", always: false },
  { anyOf: ["CAP_NET_ADMIN"], purpose: "TCP connections and large socket buffers", always: false },
  { anyOf: ["CAP_DAC_READ_SEARCH"], purpose: "deleted files, and files of other users", always: false },
  { anyOf: ["CAP_SYS_CHROOT"], purpose: "root directories", always: false },
  { anyOf: ["CAP_LEASE"], purpose: "leases on files of other users", always: false },
];

/** The obstacles to any restore: of this machine, and missing privileges of this process. A restore in a user namespace needs no privileges. */
export function checkMachine(unprivileged: boolean): readonly Finding[] {
  return [...checkKernel(), ...(unprivileged ? [] : checkCapabilities()), ...checkSettings()];
}

function* checkKernel(): Generator<Finding> {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  if (major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])) {
    yield refused(`kernel ${release()}`, `it is older than ${OLDEST_KERNEL.join(".")}`);
  }
  if (arch() !== "x64") yield refused(`architecture ${arch()}`, "only x86_64 is supported yet");
}

function* checkCapabilities(): Generator<Finding> {
  const effective = BigInt(`0x${readStatus("self")?.get("CapEff") ?? "0"}`);
  for (const { anyOf, purpose, always } of NEEDS) {
    if (anyOf.some((name) => hasCapability(effective, name))) continue;
    const why = `this process does not have it; it is needed for ${purpose}`;
    const [name] = anyOf;
    const hint = `${process.geteuid?.() === 0 ? "" : "run as root; or "}${giveCapability(name)}; or restore with --unprivileged`;
    yield { severity: always ? "refused" : "warning", what: anyOf.join(" or "), why, hint, plugin: "check" };
  }
}

function* checkSettings(): Generator<Finding> {
  // These files do not exist on a kernel without Yama, or one older than memfd_noexec.
  if (readText("/proc/sys/kernel/yama/ptrace_scope") === "3") {
    yield refused(
      "kernel.yama.ptrace_scope = 3",
      "no process can trace another one",
      "only a reboot can change this setting",
    );
  }
  if (readText("/proc/sys/vm/memfd_noexec") === "2") {
    const hint = "sysctl vm.memfd_noexec=1";
    yield refused("vm.memfd_noexec = 2", "the process that forks tasks cannot be started from memory", hint);
  }
}

function refused(what: string, why: string, hint?: string): Finding {
  return { severity: "refused", what, why, hint, plugin: "check" };
}
