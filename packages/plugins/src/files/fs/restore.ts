import { definePlugin, type Plugin } from "@restage/core";
import { OpenFiles } from "../open-files.ts";

/** RESTORE: sets working directory, root directory and umask. A root directory other than `/` requires CAP_SYS_CHROOT. */
export function fs(): Plugin {
  return definePlugin({
    name: "fs",
    duty: "fs",
    uses: [OpenFiles],
    stages: { RESTORE: "sets working directory, root directory and umask" },
    apply({ stages, service }) {
      stages.RESTORE.task.tap("fs", (task) => {
        if (!task.survives) return;
        const { cwd_id, root_id, umask } = task.fs;
        const namedBy = `fs-${task.pid}.img`;
        const root = service(OpenFiles).path(task, root_id, namedBy);
        task.call.chdir(service(OpenFiles).path(task, cwd_id, namedBy));
        // After chdir: both paths start at the root of the mount namespace.
        if (root !== "/") task.call.chroot(root);
        if (umask !== undefined) task.call.umask(umask);
      });
    },
  });
}
