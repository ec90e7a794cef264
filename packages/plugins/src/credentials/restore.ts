import { definePlugin, type Host, type Plan, type Plugin, type Task, type Thread } from "@restage/core";
import type { CredsEntry } from "@restage/images";
import { CAPABILITY_NAMES, CAPABILITY_VERSION_3, hasCapability, PR, PR_CAP_AMBIENT, SECBIT } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { readOwnStatus } from "../own-status.ts";
import { areEqual, type Credentials, credentialsOf, setOf } from "./format.ts";

/**
 * RESTORE_CREDS: ids, groups, capabilities, securebits, no_new_privs, dumpable and the parent death signal, of each thread.
 *
 * This comes last, because everything before it needs privileges that the task may lack. No task resumes before every task has done it: a task that
 * runs as its own user again could attach to one that still has the privileges of the restore.
 */
export function credentials(): Plugin {
  return definePlugin({
    name: "credentials",
    duty: "credentials",
    stages: {
      RESTORE_CREDS: "sets ids, groups, capabilities, securebits, no_new_privs, dumpable and parent death signal",
    },
    apply({ plan, stages }) {
      let inherited: Credentials | undefined;
      let mayHaveGroups = true;
      plan.tap("credentials", (plan) => {
        mayHaveGroups = !plan.options.unprivileged;
        // In another user namespace, equal numbers are other users.
        inherited = hasOwnNamespace(plan.images, plan.tree.root, "user") ? undefined : ownCredentials(plan.host);
        if (plan.options.unprivileged && plan.survivors.some(hasGroups)) {
          const why = "changing them requires CAP_SETGID: the tree gets those of this process";
          plan.warn({ what: "supplementary groups", why });
        }
        checkCapabilities(plan);
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
        // Tasks inherit the credentials of this process: most checkpoints of root need no call at all.
        const changes = creds !== undefined && (inherited === undefined || !areEqual(creds, inherited));
        if (changes) restoreCredentials(thread, creds, mayHaveGroups);
        // Changing ids clears both. All threads have one dumpable between them, so every thread that changes its ids sets it again.
        const { dumpable } = thread.task.mm;
        if ((thread.isLeader || changes) && dumpable !== undefined)
          thread.call.prctl(PR.SET_DUMPABLE, dumpable === SUID_DUMP_ROOT ? 0 : dumpable, 0, 0, 0);
        // Last: by then the stub has ended, which can be the parent of the root task.
        if (parentDeathSignal !== undefined && parentDeathSignal !== 0)
          thread.callLast("prctl", PR.SET_PDEATHSIG, parentDeathSignal, 0, 0, 0);
      });
    },
  });
}

/** Core dumps that only root can read. Only the kernel sets this; the nearest that a task can ask for is no dump at all. Source: include/linux/sched/coredump.h. */
const SUID_DUMP_ROOT = 2;

/** Does one of its threads have supplementary groups other than its own group? */
function hasGroups(task: Task): boolean {
  return task.threads.some(({ core }) => {
    const creds = core.thread_core?.creds;
    return creds?.groups.some((group) => group !== creds.gid) === true;
  });
}

/** Reports capabilities that this process cannot give, because it does not have them. */
function checkCapabilities(plan: Plan): void {
  const status = readOwnStatus(plan.host);
  // In a new user namespace, tasks have all capabilities.
  if (status === undefined || plan.options.unprivileged || hasOwnNamespace(plan.images, plan.tree.root, "user")) return;
  const own = credentialsOf(status, 0);
  const lacks = (sets: readonly [needed: readonly number[], own: readonly number[]][]) => {
    const missing = sets.reduce((all, [needed, own]) => all | (setOf(needed) & ~setOf(own)), 0n);
    return CAPABILITY_NAMES.filter((name) => hasCapability(missing, name));
  };
  for (const task of plan.survivors) {
    for (const { core } of task.threads) {
      const creds = core.thread_core?.creds;
      if (creds === undefined) continue;
      const permitted = lacks([
        [creds.cap_prm, own.cap_prm],
        [creds.cap_inh, own.cap_bnd],
      ]);
      for (const name of permitted) plan.lacks(name, "refused", `${task.name} had it and cannot get it back`);
      for (const name of lacks([[creds.cap_bnd, own.cap_bnd]])) {
        if (!permitted.includes(name)) plan.lacks(name, "warning", `the bounding set of ${task.name} loses it`);
      }
    }
  }
}

/** The credentials of this process; undefined in a dry run, and when it has securebits, which tasks do not inherit in full. */
function ownCredentials(host: Host): Credentials | undefined {
  const status = readOwnStatus(host);
  if (status === undefined || host.call.prctl(PR.GET_SECUREBITS).result !== 0) return undefined;
  return credentialsOf(status, 0);
}

/** The order matters: groups and ids while the thread has capabilities, the bounding set before it loses CAP_SETPCAP. */
function restoreCredentials(thread: Thread, creds: CredsEntry, mayHaveGroups: boolean): void {
  const { call } = thread;
  if (mayHaveGroups) call.setgroups(creds.groups.length, creds.groups);
  // Otherwise a change from uid 0 would clear the capabilities that the next calls need.
  call.prctl(PR.SET_SECUREBITS, SECBIT.NO_SETUID_FIXUP, 0, 0, 0);
  call.setresgid(creds.gid, creds.egid, creds.sgid);
  call.setfsgid(creds.fsgid);
  call.setresuid(creds.uid, creds.euid, creds.suid);
  call.setfsuid(creds.fsuid);
  call.prctl(PR.SET_SECUREBITS, creds.secbits, 0, 0, 0);
  const bounding = setOf(creds.cap_bnd);
  CAPABILITY_NAMES.forEach((_name, number) => {
    // EINVAL: this kernel does not have that capability, so no set contains it.
    if (((bounding >> BigInt(number)) & 1n) === 0n) call.prctl(PR.CAPBSET_DROP, number, 0, 0, 0).allow("EINVAL");
  });
  call.capset(capabilityHeader(), capabilityData(creds));
  const ambient = setOf(creds.cap_amb);
  CAPABILITY_NAMES.forEach((_name, number) => {
    if (((ambient >> BigInt(number)) & 1n) === 1n) call.prctl(PR.CAP_AMBIENT, PR_CAP_AMBIENT.RAISE, number, 0, 0);
  });
  if (creds.no_new_privs === 1) call.prctl(PR.SET_NO_NEW_PRIVS, 1, 0, 0, 0);
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
