import { O } from "@restage/linux/abi";
import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";

/** Working directory, root directory and umask. */
export function fs(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "fs",
    duty: "fs",
    saves: [
      {
        group: "tasks",
        what: "working directory, root directory, umask",
        saved: "all",
        shownBy: ["fixture files"],
      },
    ],
    apply({ look, write }) {
      const entries = new Map<unknown, { cwd_id: number; root_id: number; umask: number }>();
      look.task.tap("fs", (task, { files }) => {
        const directory = (name: string) => files.addPath(task, `${task.proc}/${name}`, O.RDONLY).id;
        const umask = Number.parseInt(task.leader.status.get("Umask") ?? "022", 8);
        entries.set(task, { cwd_id: directory("cwd"), root_id: directory("root"), umask });
      });
      write.task.tap("fs", (task, { images }) => {
        const value = entries.get(task);
        if (value !== undefined) images.add("fs", task.pid, { value });
      });
    },
  });
}
