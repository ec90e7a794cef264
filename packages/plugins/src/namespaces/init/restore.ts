import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { CLONE, MS } from "@restage/linux/abi";
import { hasOwnNamespace } from "../own-namespaces.ts";

/**
 * A tree whose pids may be taken here comes up in a pid namespace of its own, under an init of ours: with `newPidNamespace`, and for a user
 * without privileges, who may choose pids nowhere else, in a user namespace too (`unprivileged`). ROOT_TASK: /proc of the new namespace.
 *
 * Requires CAP_SYS_ADMIN, or a kernel that lets users make user namespaces.
 */
export function init(): Plugin {
  return definePlugin({
    name: "init",
    duty: "init",
    stages: { ROOT_TASK: "with an init of ours: mounts the /proc of its pid namespace" },
    apply({ plan, stages }) {
      plan.tap("init", (plan) => {
        const { newPidNamespace, unprivileged, detached } = plan.options;
        if (!newPidNamespace && !unprivileged) return;
        plan.startInit({ child: !detached, user: unprivileged ? ownUser(plan) : undefined });
      });
      stages.ROOT_TASK.enter.tap("init", ({ stub, images, tree }) => {
        if (!stub.isInit || hasOwnNamespace(images, tree.root, "mount")) return;
        stub.call.unshare(CLONE.NEWNS);
        // What is mounted on the host later is seen; what is mounted here stays here.
        stub.call.mount("none", "/", undefined, MS.REC | MS.SLAVE, undefined);
        stub.call
          .mount("proc", "/proc", "proc", MS.NOSUID | MS.NODEV | MS.NOEXEC, undefined)
          .hint(
            "a user namespace may mount /proc only where nothing is mounted over parts of it, unlike in some containers",
          );
      });
    },
  });
}

/** The one user that somebody without privileges can be, under the name that the tree knows. */
function ownUser(plan: Plan): { readonly uidMap: string; readonly gidMap: string } {
  const users = new Set<number>();
  const groups = new Set<number>();
  for (const task of plan.survivors) {
    for (const { core } of task.threads) {
      const creds = core.thread_core?.creds;
      if (creds === undefined) continue;
      for (const id of [creds.uid, creds.euid, creds.suid, creds.fsuid]) users.add(id);
      for (const id of [creds.gid, creds.egid, creds.sgid, creds.fsgid]) groups.add(id);
    }
  }
  for (const [what, ids] of [
    ["users", users],
    ["groups", groups],
  ] as const) {
    if (ids.size <= 1) continue;
    plan.refuse({
      what: `${what} ${[...ids].join(", ")}`,
      why: `without privileges a tree can only have one of the ${what} that it had`,
      hint: "restore it as root",
    });
  }
  const { call } = plan.host;
  const [user = 0] = users;
  const [group = 0] = groups;
  return { uidMap: `${user} ${call.geteuid().result} 1\n`, gidMap: `${group} ${call.getegid().result} 1\n` };
}
