import { definePlugin, defineService, type Plugin, type Service, type Task } from "@restage/core";
import { PR } from "@restage/linux/abi";
import { planSessions, type SessionPlan } from "./session-plan.ts";
import { takeOverSession } from "./shell-job.ts";

/** The tasks that must be forked before their forker starts its own session. */
export interface Sessions {
  isBornBefore(task: Task): boolean;
}

export const Sessions: Service<Sessions> = defineService<Sessions>("sessions");

/**
 * FORKING: sessions, and the process groups of their leaders. RESTORE: the other tasks join their groups, whose leaders have existed since FORKING.
 */
export function sessions(): Plugin {
  return definePlugin({
    name: "sessions",
    duty: "sessions",
    provides: [Sessions],
    stages: {
      FORKING: "starts sessions and process groups, with stand-ins for leaders that have ended",
      RESTORE: "other tasks join their process groups",
      RESTORE_SIGCHLD: "tasks that adopted orphans stop being subreapers",
    },
    apply({ plan, stages, provide }) {
      let arranged: SessionPlan = { bornBefore: new Set(), reapers: new Set() };
      plan.tap("sessions", (plan) => {
        arranged = planSessions(plan, takeOverSession(plan));
      });
      provide(Sessions, { isBornBefore: (task) => arranged.bornBefore.has(task) });
      stages.FORKING.task.tap("sessions", (task) => {
        if (arranged.reapers.has(task)) task.call.prctl(PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        // A session leader already leads its group, and setpgid fails with EPERM.
        if (task.sid === task.pid) task.call.setsid();
        else if (task.pgid === task.pid) task.call.setpgid(0, 0);
      });
      stages.RESTORE.task.tap("sessions", (task) => {
        // Group 0 is outside the pid namespace; the task has inherited it.
        if (task.pgid !== task.pid && task.pgid !== 0) task.call.setpgid(0, task.pgid);
      });
      stages.RESTORE_SIGCHLD.task.tap("sessions", (task) => {
        if (arranged.reapers.has(task)) task.call.prctl(PR.SET_CHILD_SUBREAPER, 0, 0, 0, 0);
      });
    },
  });
}
