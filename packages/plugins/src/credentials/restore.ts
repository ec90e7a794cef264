import { definePlugin, type Host, type Plugin, type Task, type Thread } from "@restage/core";
import type { CredsEntry } from "@restage/images";
import { CAPABILITY_NAMES, CAPABILITY_VERSION_3, PR, PR_CAP_AMBIENT, SECBIT } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";

/**
 * RESTORE_CREDS: ids, groups, capabilities, securebits, no_new_privs, dumpable and the parent death signal, of each thread.
 *
 * Last of all, since everything before needs the privileges that a task may not have. And no task is let go before all have done it: a task that
 * runs as its user again could attach to one that still holds ours.
 */
export function credentials(): Plugin {
  return definePlugin({
    name: "credentials",
    duty: "credentials",
    stages: { RESTORE_CREDS: "ids, groups, capabilities, securebits, no_new_privs, dumpable, parent death signal" },
    apply({ plan, stages }) {
      let inherited: string | undefined;
      let mayHaveGroups = true;
      plan.tap("credentials", (plan) => {
        // The ids of another user namespace only look like these.
        mayHaveGroups = !plan.options.unprivileged;
        inherited = hasOwnNamespace(plan.images, plan.tree.root, "user") ? undefined : ownCredentials(plan.host);
        if (plan.options.unprivileged && plan.survivors.some(hasGroups)) {
          const why = "those of this process stay: without privileges nobody can change them";
          plan.warn({ what: "supplementary groups", why });
        }
        for (const task of plan.survivors) {
          for (const thread of task.threads) {
            const { lsm_profile, lsm_sockcreate } = thread.core.thread_core?.creds ?? {};
            for (const label of [lsm_profile, lsm_sockcreate]) {
              if (label === undefined || label === "" || label === "unconfined") continue;
              plan.refuse({ what: thread.name, why: `its LSM label ${label} is not restored yet`, pid: task.pid });
            }
          }
        }
      });
      stages.RESTORE_CREDS.thread.tap("credentials", (thread) => {
        const { creds, pdeath_sig: parentDeathSignal } = thread.state;
        // Tasks begin with this process's: most checkpoints of root need no call at all.
        const changes = creds !== undefined && printCredentials(creds) !== inherited;
        if (changes) restoreCredentials(thread, creds, mayHaveGroups);
        // Changed ids clear both, so they come after; of dumpable there is one for all threads, so whoever changes ids is the last to set it.
        const { dumpable } = thread.task.mm;
        if ((thread.isLeader || changes) && dumpable !== undefined)
          thread.call.prctl(PR.SET_DUMPABLE, dumpable === SUID_DUMP_ROOT ? 0 : dumpable, 0, 0, 0);
        if (parentDeathSignal !== undefined && parentDeathSignal !== 0)
          thread.call.prctl(PR.SET_PDEATHSIG, parentDeathSignal, 0, 0, 0);
      });
    },
  });
}

/** Dumpable by root alone: only the kernel gives it to a task. Without it nobody may have a dump. Source: include/linux/sched/coredump.h. */
const SUID_DUMP_ROOT = 2;

/** Does a thread of it have supplementary groups beside its own? */
function hasGroups(task: Task): boolean {
  return task.threads.some(({ core }) => {
    const creds = core.thread_core?.creds;
    return creds?.groups.some((group) => group !== creds.gid) === true;
  });
}

/** Credentials as /proc/PID/status shows them, for comparing. */
function printCredentials(creds: CredsEntry): string {
  const hex = (words: readonly number[]) => set(words).toString(16).padStart(16, "0");
  return [
    [creds.uid, creds.euid, creds.suid, creds.fsuid].join(" "),
    [creds.gid, creds.egid, creds.sgid, creds.fsgid].join(" "),
    creds.groups.join(" "),
    ...[creds.cap_inh, creds.cap_prm, creds.cap_eff, creds.cap_bnd, creds.cap_amb].map(hex),
    String(creds.no_new_privs ?? 0),
    String(creds.secbits),
  ].join("\n");
}

/** This process's in the same form; undefined when nothing is looked at, or its securebits are not the usual none. */
function ownCredentials(host: Host): string | undefined {
  const status = host.readText("/proc/self/status");
  if (status === undefined || host.call.prctl(PR.GET_SECUREBITS).result !== 0) return undefined;
  const fields = ["Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"];
  const values = fields.map((field) =>
    new RegExp(`^${field}:(.*)$`, "m").exec(status)?.[1]?.trim().split(/\s+/).join(" "),
  );
  return [...values, "0"].join("\n");
}

/** The order is the security: groups and ids while capabilities are there, the bounding set before CAP_SETPCAP may go. */
function restoreCredentials(thread: Thread, creds: CredsEntry, mayHaveGroups: boolean): void {
  const { call } = thread;
  if (mayHaveGroups) call.setgroups(creds.groups.length, creds.groups);
  // Else a change from uid 0 would take the capabilities that the rest needs.
  call.prctl(PR.SET_SECUREBITS, SECBIT.NO_SETUID_FIXUP, 0, 0, 0);
  call.setresgid(creds.gid, creds.egid, creds.sgid);
  call.setfsgid(creds.fsgid);
  call.setresuid(creds.uid, creds.euid, creds.suid);
  call.setfsuid(creds.fsuid);
  call.prctl(PR.SET_SECUREBITS, creds.secbits, 0, 0, 0);
  const bounding = set(creds.cap_bnd);
  CAPABILITY_NAMES.forEach((_name, number) => {
    // EINVAL: a capability that this kernel does not have is in no set of it.
    if (((bounding >> BigInt(number)) & 1n) === 0n) call.prctl(PR.CAPBSET_DROP, number, 0, 0, 0).allow("EINVAL");
  });
  call.capset(capabilityHeader(), capabilityData(creds));
  const ambient = set(creds.cap_amb);
  CAPABILITY_NAMES.forEach((_name, number) => {
    if (((ambient >> BigInt(number)) & 1n) === 1n) call.prctl(PR.CAP_AMBIENT, PR_CAP_AMBIENT.RAISE, number, 0, 0);
  });
  if (creds.no_new_privs === 1) call.prctl(PR.SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/** A capability set from its two 32-bit words. */
function set(words: readonly number[]): bigint {
  return BigInt(words[0] ?? 0) | (BigInt(words[1] ?? 0) << 32n);
}

/** struct __user_cap_header_struct: version, pid 0. */
function capabilityHeader(): Uint8Array {
  return new Uint8Array(Uint32Array.of(CAPABILITY_VERSION_3, 0).buffer);
}

/** struct __user_cap_data_struct, twice: effective, permitted, inheritable of the low, then of the high 32 capabilities. */
function capabilityData({ cap_eff, cap_prm, cap_inh }: CredsEntry): Uint8Array {
  const word = (words: readonly number[], index: number) => words[index] ?? 0;
  const part = (index: number) => [word(cap_eff, index), word(cap_prm, index), word(cap_inh, index)];
  return new Uint8Array(Uint32Array.of(...part(0), ...part(1)).buffer);
}
