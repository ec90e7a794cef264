import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { CLONE } from "@restage/linux/abi";
import { externalNamespace } from "../../namespaces/external-resources.ts";
import { hasOwnNamespace, namespaceId } from "../../namespaces/own-namespaces.ts";

/**
 * ROOT_TASK: the stub forks the root task with its recorded pid. In a detached restore, the stub is its parent until it exits and init adopts the tree;
 * otherwise this process is. A restore as a sibling of this process turns the stub itself into the root task, or makes the stub a sibling too where only a
 * fork can enter the namespaces. The tree's own pid and user namespaces are created with the root task: only the first task of a pid namespace can be its
 * init, and a user namespace must own everything that is created later.
 */
export function rootTask(): Plugin {
  return definePlugin({
    name: "root-task",
    duty: "root-task",
    stages: { ROOT_TASK: "forks the root task with its pid, into the tree's own pid and user namespaces" },
    apply({ plan, stages }) {
      let external: number | undefined;
      plan.tap("root-task", (plan) => {
        const { root } = plan.tree;
        if (root.kind === "zombie") plan.refuse({ what: root.name, why: "the root task is a zombie", pid: root.pid });
        external = findExternal(plan);
        if (plan.options.sibling) checkSibling(plan);
        if (external !== undefined || hasOwnNamespace(plan.images, root, "user")) plan.forkSibling();
      });
      stages.ROOT_TASK.enter.tap("root-task", ({ stub, tree, options, images }) => {
        if (stub.isRoot) return;
        if (external !== undefined) stub.call.setns(external, CLONE.NEWPID);
        const isNew = external === undefined && hasOwnNamespace(images, tree.root, "pid");
        const pid = isNew ? CLONE.NEWPID : 0;
        const user = hasOwnNamespace(images, tree.root, "user") ? CLONE.NEWUSER : 0;
        stub.fork(tree.root, pid | user, { child: options.sibling || (!options.detached && !stub.isInit) });
      });
    },
  });
}

/** The number of a descriptor of the existing pid namespace that the tree joins, if it joins one. */
function findExternal(plan: Plan): number | undefined {
  const { images, tree } = plan;
  if (!hasOwnNamespace(images, tree.root, "pid")) return undefined;
  const key = images.optional("pidns", namespaceId(tree.root, "pid"))?.ext_key ?? "";
  if (key !== "") return plan.serviceDescriptors.keepOpen(externalNamespace(plan, "pid", key));
  if (tree.root.pid !== 1) {
    const why = `it is ${tree.root.name} in its pid namespace, but the first task of a new pid namespace is always task 1`;
    plan.refuse({ what: "root task", why, hint: "checkpoint it with --external pid[INODE]:KEY" });
  }
  return undefined;
}

/** Refuses siblings of this process where they are impossible. */
function checkSibling(plan: Plan): void {
  if (plan.init === undefined) return;
  const hint = "restore it detached, as a child of init";
  const why = "its parent is an init of Restage";
  plan.refuse({ what: "option --restore-sibling", why, hint, remedy: "options" });
}
