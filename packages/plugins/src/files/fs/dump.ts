import { definePlugin, type Plugin } from "@restage/core";
import { O } from "@restage/linux/abi";

/** Saves working directory, root directory and umask. */
export function fs(): Plugin {
  return definePlugin({
    name: "fs",
    duty: "fs",
    phases: {
      inspect: "opens working and root directories, reads the umask",
      write: "saves working and root directories, and the umask",
    },
    dump({ phases }) {
      const entries = new Map<unknown, { cwd_id: number; root_id: number; umask: number }>();
      phases.inspect.task.tap("fs", (task, { files }) => {
        const directory = (name: string) => files.addPath(task, `${task.proc}/${name}`, O.RDONLY).id;
        const umask = Number.parseInt(task.leader.status.get("Umask") ?? "022", 8);
        entries.set(task, { cwd_id: directory("cwd"), root_id: directory("root"), umask });
      });
      phases.write.task.tap("fs", (task, { images }) => {
        const value = entries.get(task);
        if (value !== undefined) images.add("fs", task.pid, { value });
      });
    },
  });
}
