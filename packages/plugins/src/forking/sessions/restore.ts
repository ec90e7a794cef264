import { definePlugin, defineService, type Plugin, type Service, type Task } from "@restage/core";
import { PR } from "@restage/linux/abi";
import { planSessions, type SessionPlan } from "./session-plan.ts";
import { takeOverSession } from "./shell-job.ts";

/** Who is forked before its forker takes a session of its own. */
export interface Sessions {
  isBornBefore(task: Task): boolean;
}

export const Sessions: Service<Sessions> = defineService<Sessions>("sessions");

/**
 * FORKING: sessions, and the groups of their leaders. RESTORE: everybody else joins a group: its leader is there since FORKING ended.
 */
export function sessions(): Plugin {
  return definePlugin({
    name: "sessions",
    duty: "sessions",
    provides: [Sessions],
    stages: {
      FORKING: "sessions and new process groups; stand-ins for leaders that are gone",
      RESTORE: "all others join their process groups",
      RESTORE_SIGCHLD: "tasks that took in orphans are subreapers no longer",
    },
    apply({ plan, stages, provide }) {
      let arranged: SessionPlan = { bornBefore: new Set(), reapers: new Set() };
      plan.tap("sessions", (plan) => {
        arranged = planSessions(plan, takeOverSession(plan));
      });
      provide(Sessions, { isBornBefore: (task) => arranged.bornBefore.has(task) });
      stages.FORKING.task.tap("sessions", (task) => {
        if (arranged.reapers.has(task)) task.call.prctl(PR.SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        // A session leader is its own group: setpgid would be EPERM.
        if (task.sid === task.pid) task.call.setsid();
        else if (task.pgid === task.pid) task.call.setpgid(0, 0);
      });
      stages.RESTORE.task.tap("sessions", (task) => {
        // A group from outside the pid namespace, 0, has been inherited.
        if (task.pgid !== task.pid && task.pgid !== 0) task.call.setpgid(0, task.pgid);
      });
      stages.RESTORE_SIGCHLD.task.tap("sessions", (task) => {
        if (arranged.reapers.has(task)) task.call.prctl(PR.SET_CHILD_SUBREAPER, 0, 0, 0, 0);
      });
    },
  });
}
