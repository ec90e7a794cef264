import { arch, release } from "node:os";
import { type Finding, type Plan, planRestore } from "@restage/core";
import type { HostCalls } from "@restage/linux";
import { type CapabilityName, hasCapability } from "@restage/linux/abi";
import { defaultPlugins } from "@restage/plugins";
import { EXIT } from "../exit-codes.ts";
import { requestOf } from "../options/request.ts";
import type { RestoreFlags } from "../options/restore-options.ts";
import { printFinding } from "./plan.ts";
import { openMachine } from "./restore.ts";

/** The oldest kernel whose calls are all there: clone3 with set_tid. */
const OLDEST_KERNEL = [5, 5] as const;

/** What each capability is for, in most restores. */
const CAPABILITIES: readonly (readonly [CapabilityName, string, Finding["severity"]])[] = [
  ["CAP_SYS_ADMIN", "namespaces, pids, seccomp", "refused"],
  ["CAP_SYS_PTRACE", "driving tasks of other users", "refused"],
  ["CAP_CHECKPOINT_RESTORE", "pids and the link to the executable, without CAP_SYS_ADMIN", "warning"],
  ["CAP_SYS_TIME", "clocks that go on", "warning"],
  ["CAP_SETUID", "user ids", "warning"],
  ["CAP_SETGID", "group ids", "warning"],
  ["CAP_SYS_NICE", "lower nice values and real-time scheduling", "warning"],
  ["CAP_SYS_RESOURCE", "raising limits, lowering oom_score_adj", "warning"],
  ["CAP_NET_ADMIN", "established TCP connections", "warning"],
];

/** Says all that stands against a restore here, at once: machine, privileges, pids, and what the images hold. */
export async function checkCommand(flags: RestoreFlags): Promise<number> {
  const request = await requestOf(flags);
  const kernel = await openMachine();
  try {
    const { plan } = await planRestore(request, kernel, defaultPlugins());
    const findings = [...checkMachine(kernel.host), ...checkPids(plan, kernel.host), ...plan.findings];
    const restorable = findings.every(({ severity }) => severity !== "refused");
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ restorable, findings })}\n`);
    else {
      process.stdout.write(`kernel ${release()} on ${arch()}, ${plan.tree.tasks.length} tasks\n`);
      for (const finding of findings) process.stdout.write(`${printFinding(finding)}\n`);
      process.stdout.write(restorable ? "restorable\n" : "not restorable here\n");
    }
    return restorable ? EXIT.OK : EXIT.FAILED;
  } finally {
    kernel.close();
  }
}

function* checkMachine(host: HostCalls): Generator<Finding> {
  const found = (severity: Finding["severity"], what: string, why: string, hint?: string): Finding => {
    return { severity, what, why, hint, plugin: "check" };
  };
  const [major = 0, minor = 0] = release().split(".").map(Number);
  if (major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])) {
    yield found("refused", `kernel ${release()}`, `it is older than ${OLDEST_KERNEL.join(".")}, which sets pids`);
  }
  if (arch() !== "x64") yield found("refused", `architecture ${arch()}`, "only x86_64 is restored yet");
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(host.readText("/proc/self/status") ?? "")?.[1];
  for (const [name, purpose, severity] of CAPABILITIES) {
    if (effective !== undefined && hasCapability(BigInt(`0x${effective}`), name)) continue;
    yield found(severity, name, `it is missing: ${purpose}`, "run as root with all capabilities");
  }
  if (host.readText("/proc/sys/kernel/yama/ptrace_scope") === "3") {
    yield found("refused", "ptrace", "kernel.yama.ptrace_scope is 3: nobody may trace", "it can only be changed by a reboot");
  }
  if (host.readText("/proc/sys/vm/memfd_noexec") === "2") {
    yield found("refused", "memfd", "vm.memfd_noexec is 2: the stub cannot be started", "sysctl vm.memfd_noexec=1");
  }
}

function* checkPids(plan: Plan, host: HostCalls): Generator<Finding> {
  for (const task of plan.tree.tasks) {
    const holder = host.pidHolder(task.pid);
    if (holder === undefined) continue;
    const hint = "end it, or wait until it is gone";
    yield { severity: "refused", what: `pid ${task.pid}`, why: `it is in use by ${holder}`, hint, plugin: "check" };
  }
}
