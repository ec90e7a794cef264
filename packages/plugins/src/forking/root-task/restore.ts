import { definePlugin, type Plan, type Plugin } from "@restage/core";
import { CLONE } from "@restage/linux/abi";
import { externalNamespace } from "../../namespaces/external-resources.ts";
import { hasOwnNamespace, namespaceId } from "../../namespaces/own-namespaces.ts";

/**
 * ROOT_TASK: the root task is forked from the stub, with its recorded pid. A detached tree is the stub's and so becomes init's
 * when the stub goes; else it is a child of this process. A sibling of this process is the stub itself. A pid and a user namespace of the
 * tree's own come with it: only the first task of the one can be its init, and all that is made later belongs to the other.
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
        if (plan.options.sibling) checkSibling(plan, external !== undefined);
      });
      stages.ROOT_TASK.enter.tap("root-task", ({ stub, tree, options, images }) => {
        if (stub.isRoot) return;
        if (external !== undefined) stub.call.setns(external, CLONE.NEWPID);
        const isNew = external === undefined && hasOwnNamespace(images, tree.root, "pid");
        const pid = isNew ? CLONE.NEWPID : 0;
        const user = hasOwnNamespace(images, tree.root, "user") ? CLONE.NEWUSER : 0;
        stub.fork(tree.root, pid | user, { child: !options.detached && !stub.isInit });
      });
    },
  });
}

/** The number of a descriptor of the pid namespace that the tree goes into, if that is one that is there already. */
function findExternal(plan: Plan): number | undefined {
  const { images, tree } = plan;
  if (!hasOwnNamespace(images, tree.root, "pid")) return undefined;
  const key = images.optional("pidns", namespaceId(tree.root, "pid"))?.ext_key ?? "";
  if (key !== "") return plan.serviceDescriptors.keepOpen(externalNamespace(plan, "pid", key));
  if (tree.root.pid !== 1) {
    const why = `it is ${tree.root.name} of a pid namespace, and the first task of a new one can only be task 1`;
    plan.refuse({ what: "root task", why, hint: "dump it with --external pid[INODE]:KEY" });
  }
  return undefined;
}

/** A sibling of this process is made by this process itself, which starts a program in it: in a user namespace it would lose all capabilities. */
function checkSibling(plan: Plan, intoOther: boolean): void {
  const { init, images, tree } = plan;
  const what = "option --restore-sibling";
  const hint = "restore it detached, as a child of init";
  if (init !== undefined) plan.refuse({ what, why: "the parent of the root task is an init of ours", hint });
  if (intoOther) plan.refuse({ what, why: "the tree goes into a pid namespace that is there already", hint });
  if (!hasOwnNamespace(images, tree.root, "user")) return;
  plan.refuse({ what, why: "the tree has a user namespace of its own", hint });
}
