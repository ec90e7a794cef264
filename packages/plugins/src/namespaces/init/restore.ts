import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { CLONE, MS } from "@restage/linux/abi";
import { hasOwnNamespace } from "../own-namespaces.ts";

/**
 * Restores a tree whose pids may be in use here in a new pid namespace, under an init of Restage (`newPidNamespace`). Without privileges the tree gets a
 * user namespace too (`unprivileged`), because a user can choose pids nowhere else. ROOT_TASK: /proc of the new namespace.
 *
 * Requires CAP_SYS_ADMIN, or a kernel that lets users create user namespaces.
 */
export function init(): Plugin {
  return definePlugin({
    name: "init",
    duty: "init",
    stages: { ROOT_TASK: "mounts /proc for a new pid namespace (--new-pid-namespace, --unprivileged)" },
    apply({ plan, stages }) {
      plan.tap("init", (plan) => {
        const { newPidNamespace, unprivileged, detached } = plan.options;
        if (!newPidNamespace && !unprivileged) return;
        plan.startInit({ child: !detached, user: unprivileged ? onlyUser(plan) : undefined });
      });
      stages.ROOT_TASK.enter.tap("init", ({ stub, images, tree }) => {
        if (!stub.isInit || hasOwnNamespace(images, tree.root, "mount")) return;
        stub.call.unshare(CLONE.NEWNS);
        // Later mounts of the host appear here; mounts made here do not appear on the host.
        stub.call.mount("none", "/", undefined, MS.REC | MS.SLAVE, undefined);
        stub.call
          .mount("proc", "/proc", "proc", MS.NOSUID | MS.NODEV | MS.NOEXEC, undefined)
          .hint(
            "a user namespace can mount /proc only where nothing is mounted over parts of it, unlike in some containers",
          );
      });
    },
  });
}

/** Maps the caller to the one user and the one group that the tree had. Refuses trees with several. */
function onlyUser(plan: Plan): { readonly uidMap: string; readonly gidMap: string } {
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
      why: `without privileges a tree cannot have several ${what}`,
      hint: "restore without --unprivileged",
    });
  }
  const { call } = plan.host;
  const [user = 0] = users;
  const [group = 0] = groups;
  return { uidMap: `${user} ${call.geteuid().result} 1\n`, gidMap: `${group} ${call.getegid().result} 1\n` };
}
