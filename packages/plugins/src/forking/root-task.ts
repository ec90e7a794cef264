import { definePlugin, type RestorePlugin } from "@restage/core";
import { CLONE } from "@restage/linux/abi";

/**
 * ROOT_TASK: the root task is forked from the stub, with its recorded pid. A detached tree is the stub's and so becomes init's
 * when the stub goes; else it is a child of this process.
 */
export function rootTask(): RestorePlugin {
  return definePlugin({
    name: "root-task",
    duty: "root-task",
    stages: { ROOT_TASK: "forks the root task with its pid" },
    apply({ stages }) {
      stages.ROOT_TASK.enter.tap("root-task", ({ stub, tree, options }) => {
        stub.fork(tree.root, options.detached ? 0 : CLONE.PARENT);
      });
    },
  });
}
