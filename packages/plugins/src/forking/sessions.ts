import { definePlugin, type RestorePlugin } from "@restage/core";

/** FORKING: every task takes the session and process group that it had. */
export function sessions(): RestorePlugin {
  return definePlugin({
    name: "sessions",
    duty: "sessions",
    stages: { FORKING: "session and process group" },
    apply({ stages }) {
      stages.FORKING.task.tap("sessions", (task) => {
        // A session leader is its own group: setpgid would be EPERM.
        if (task.sid === task.pid) task.call.setsid();
        else task.call.setpgid(0, task.pgid);
      });
    },
  });
}
