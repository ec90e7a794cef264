import { definePlugin, type Plugin } from "@restage/core";
import type { CoreEntry } from "@restage/images";
import { CAPABILITY_NAMES, type CapabilityName } from "@restage/linux/abi";
import { wordsOf } from "../credentials/format.ts";
import { knownOptions } from "./known-options.ts";
import { findUser, type UserIds } from "./users.ts";

/** What `runAs` changes beside the ids. */
export interface RunAsOptions {
  /** The capabilities that the threads keep, also across execve(2). Default: none. */
  readonly capabilities?: readonly CapabilityName[];
  /** Only threads whose real uid is this one. Default: all. */
  readonly from?: number;
  /** Sets no_new_privs, so that no set-user-ID program gives privileges back. Default: as it was. */
  readonly noNewPrivileges?: boolean;
}

/**
 * Lets the tree continue as another user, by default without capabilities. Files that are open stay open; what the tree opens afterwards, the other user must
 * be allowed to open. In a tree with a user namespace of its own, ids are those inside.
 *
 * @param user the name of a user of this machine, or ids. Without groups, there are no supplementary groups.
 * @example
 * ```ts
 * plugins: [runAs("www-data", { capabilities: ["CAP_NET_BIND_SERVICE"] })]
 * ```
 */
export function runAs(user: string | (Omit<UserIds, "groups"> & Partial<UserIds>), options: RunAsOptions = {}): Plugin {
  const known = { capabilities: true, from: true, noNewPrivileges: true } as const;
  const { capabilities = [], from, noNewPrivileges } = knownOptions("runAs", options, known);
  const { uid, gid, groups = [] } = typeof user === "string" ? findUser(user) : user;
  for (const id of [uid, gid, ...groups]) {
    if (!Number.isInteger(id) || id < 0 || id >= NO_ID) throw new RangeError(`Cannot run as ${id}: it is not an id`);
  }
  const kept = capabilities.reduce((set, name) => set | (1n << BigInt(numberOf(name))), 0n);
  const set = [...wordsOf(kept)];
  const sets = { cap_eff: set, cap_prm: set, cap_inh: set, cap_amb: set };
  const ids = { uid, euid: uid, suid: uid, fsuid: uid, gid, egid: gid, sgid: gid, fsgid: gid, groups };
  const privileges = noNewPrivileges === undefined ? {} : { no_new_privs: Number(noNewPrivileges) };
  return definePlugin({
    name: "run-as",
    apply({ entries, plan }) {
      entries.core.tap("run-as", (core): CoreEntry => {
        const { thread_core: thread } = core;
        const { creds } = thread ?? {};
        if (thread === undefined || creds === undefined || (from ?? creds.uid) !== creds.uid) return core;
        const changed = { ...creds, ...ids, ...sets, ...privileges, secbits: 0 };
        return { ...core, thread_core: { ...thread, creds: changed } };
      });
      plan.tap("run-as", (plan) => {
        if (!plan.options.unprivileged) return;
        const why = "a restore without privileges has no other user";
        plan.refuse({ what: `user ${uid}`, why, hint: "restore without --unprivileged", remedy: "options" });
      });
    },
  });
}

/** (uid_t) -1, which setresuid(2) takes for "unchanged". */
const NO_ID = 0xffff_ffff;

function numberOf(name: CapabilityName): number {
  const number = CAPABILITY_NAMES.indexOf(name);
  if (number < 0) throw new RangeError(`Cannot keep ${name}: there is no such capability`);
  return number;
}
