import { definePlugin, type ImageSet, type Plugin, type Task } from "@restage/core";
import { CLONE } from "@restage/linux/abi";
import { Sessions } from "../sessions/restore.ts";

/**
 * FORKING: every task forks its children with their pids. A child in the session that the task was born in is forked before the task starts its own
 * session. Parent and child share a descriptor table if they did.
 */
export function children(): Plugin {
  return definePlugin({
    name: "children",
    duty: "children",
    needs: ["sessions"],
    uses: [Sessions],
    stages: { FORKING: "every task forks its children" },
    apply({ stages, service }) {
      const fork = (task: Task, before: boolean, { own }: ImageSet) => {
        for (const child of task.forks) {
          if (service(Sessions).isBornBefore(child) === before)
            task.fork(child, sharesTable(task, child) ? CLONE.FILES : 0, own.task(child.pid)?.exit_signal);
        }
      };
      stages.FORKING.task.tap({ name: "children-of-older-session", before: "sessions" }, (task, { images }) =>
        fork(task, true, images),
      );
      stages.FORKING.task.tap("children", (task, { images }) => fork(task, false, images));
    },
  });
}

/** Whether two tasks share a descriptor table. */
export function sharesTable(task: Task, other: Task): boolean {
  return task.survives && other.survives && task.ids.files_id === other.ids.files_id;
}
