import { definePlugin, type RestorePlugin } from "@restage/core";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";

/**
 * ROOT_TASK: the root task is forked from the stub, with its recorded pid. A detached tree is the stub's and so becomes init's
 * when the stub goes; else it is a child of this process. A pid and a user namespace of the tree's own come with it: only the
 * first task of the one can be its init, and all that is made later belongs to the other.
 */
export function rootTask(): RestorePlugin {
  return definePlugin({
    name: "root-task",
    duty: "root-task",
    stages: { ROOT_TASK: "forks the root task with its pid, into the tree's own pid and user namespaces" },
    supports: [
      {
        group: "namespaces",
        what: "pid namespace",
        restored: "the root task as pid 1, all others with their pids in it",
        refused: "a part of the tree in a namespace within it",
        kernel: "CONFIG_PID_NS",
        shownBy: ["fixture namespaces", "fixture userns"],
      },
    ],
    apply({ stages }) {
      stages.ROOT_TASK.enter.tap("root-task", ({ stub, tree, options, checkpoint }) => {
        const pid = hasOwnNamespace(checkpoint, tree.root, "pid") ? CLONE.NEWPID : 0;
        const user = hasOwnNamespace(checkpoint, tree.root, "user") ? CLONE.NEWUSER : 0;
        stub.fork(tree.root, pid | user, { child: !options.detached && !stub.isInit });
      });
    },
  });
}
