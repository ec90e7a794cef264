import { definePlugin, type Plugin } from "@restage/core";
import { PR } from "@restage/linux/abi";

/** RESTORE_CREDS: denies memory that is writable and executable (PR_SET_MDWE), from restage.img. The memory of the task is complete by then. */
export function denyWriteExecute(): Plugin {
  return definePlugin({
    name: "deny-write-execute",
    duty: "deny-write-execute",
    stages: { RESTORE_CREDS: "denies memory that is writable and executable" },
    apply({ stages }) {
      stages.RESTORE_CREDS.task.tap("deny-write-execute", (task, { images }) => {
        const { deny_write_execute } = images.own.task(task.pid) ?? {};
        if (deny_write_execute === undefined) return;
        task.call
          .prctl(PR.SET_MDWE, deny_write_execute, 0, 0, 0)
          .hint("PR_SET_MDWE requires Linux 6.3 or newer, and PR_MDWE_NO_INHERIT 6.6");
      });
    },
  });
}
