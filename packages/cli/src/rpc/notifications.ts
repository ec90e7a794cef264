import { definePlugin, type Plugin, RestoreError } from "@restage/core";
import { ACTION_STAGES, type Action, hasNetwork, rootPid, tapActions } from "@restage/plugins";
import type { Connection } from "./connection.ts";

/** Points whose outcome CRIU only logs, because nothing can be undone for them. */
const UNANSWERED: readonly Action[] = ["network-unlock", "pre-resume", "post-resume"];
/** Points at which the caller learns the pid of the root task. */
const WITH_PID: readonly Action[] = ["setup-namespaces", "post-restore"];

/** What a caller wants to be told of a restore. */
export interface Wanted {
  /** CRIU's points (`notify_scripts`). */
  readonly points: boolean;
  /** The master of the tree's terminal (`orphan_pts_master`). */
  readonly master: boolean;
}

/** Tells the caller of CRIU's points of a restore, and waits for its answers. A refusal fails the restore while it can still be undone. */
export function notifications(connection: Connection, { points, master }: Wanted): Plugin {
  return definePlugin({
    name: "notifications",
    stages: {
      ROOT_TASK: `notifies the caller of ${ACTION_STAGES.ROOT_TASK}`,
      PREPARE_NAMESPACES: `notifies the caller of ${ACTION_STAGES.PREPARE_NAMESPACES}`,
      RESTORE_SIGCHLD: `notifies the caller of ${ACTION_STAGES.RESTORE_SIGCHLD}`,
    },
    apply(hooks) {
      if (master)
        hooks.orphanMaster.tap("notifications", (descriptor) => {
          if (!connection.pass("orphan-pts-master", descriptor)) throw disagreement("orphan-pts-master");
        });
      if (!points) return;
      tapActions(hooks, "notifications", (context, action) => {
        if (action === "network-unlock" && !hasNetwork(context)) return;
        const agrees = connection.notify(action, WITH_PID.includes(action) ? rootPid(context) : undefined);
        if (agrees || UNANSWERED.includes(action)) return;
        throw disagreement(action);
      });
    },
  });
}

function disagreement(point: string): RestoreError {
  return new RestoreError("ERR_PLUGIN", `The caller did not agree to the restore at ${point}`, {
    plugin: "notifications",
    hint: "look at the log of the caller",
  });
}
