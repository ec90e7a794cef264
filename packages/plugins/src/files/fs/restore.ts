import { definePlugin, type Plugin, type Task } from "@restage/core";
import { AT_FDCWD, O } from "@restage/linux/abi";
import type { Location } from "../location.ts";
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
        const [within, root] = service(OpenFiles).locate(task, root_id, namedBy);
        const directory = service(OpenFiles).locate(task, cwd_id, namedBy);
        // A path starts at the root of the mount namespace, so the root directory comes last.
        if (within !== AT_FDCWD) enterRoot(task, [within, root], directory);
        else {
          enter(task, directory);
          if (root !== "/") task.call.chroot(root);
        }
        if (umask !== undefined) task.call.umask(umask);
      });
    },
  });
}

function enter(task: Task, [within, path]: Location): void {
  if (within === AT_FDCWD) {
    task.call.chdir(path);
    return;
  }
  const directory = task.call.openat(within, path, O.PATH | O.DIRECTORY | O.CLOEXEC, 0);
  task.call.fchdir(directory);
  task.call.close(directory);
}

/** For a root directory in another mount namespace, which has no path. */
function enterRoot(task: Task, root: Location, directory: Location): void {
  enter(task, directory);
  const held = task.call.openat(AT_FDCWD, ".", O.PATH | O.DIRECTORY | O.CLOEXEC, 0);
  enter(task, root);
  task.call.chroot(".");
  task.call.fchdir(held);
  task.call.close(held);
}
