import { definePlugin, type Plugin } from "@restage/core";
import { OpenFiles } from "../open-files.ts";

/** RESTORE: working directory, root directory, umask. A root of its own requires CAP_SYS_CHROOT. */
export function fs(): Plugin {
  return definePlugin({
    name: "fs",
    duty: "fs",
    uses: [OpenFiles],
    stages: { RESTORE: "working directory, root directory, umask" },
    apply({ stages, service }) {
      stages.RESTORE.task.tap("fs", (task) => {
        if (!task.survives) return;
        const { cwd_id, root_id, umask } = task.fs;
        const namedBy = `fs-${task.pid}.img`;
        const root = service(OpenFiles).path(task, root_id, namedBy);
        task.call.chdir(service(OpenFiles).path(task, cwd_id, namedBy));
        // The working directory stays where it is: both paths are those of the mount namespace.
        if (root !== "/") task.call.chroot(root);
        if (umask !== undefined) task.call.umask(umask);
      });
    },
  });
}
