import { definePlugin, type Plugin, RestoreError, type StageContext } from "@restage/core";
import { ACTION_STAGES, type Action, rootPid, tapActions } from "./actions.ts";

/** Runs action scripts as CRIU does, on the hooks that every plugin can tap. A script that fails makes the restore fail. */
export function actionScripts(): Plugin {
  return definePlugin({
    name: "action-scripts",
    duty: "action-scripts",
    stages: {
      ROOT_TASK: `runs scripts for ${ACTION_STAGES.ROOT_TASK}`,
      PREPARE_NAMESPACES: `runs scripts for ${ACTION_STAGES.PREPARE_NAMESPACES}`,
      RESTORE_SIGCHLD: `runs scripts for ${ACTION_STAGES.RESTORE_SIGCHLD}`,
    },
    apply(hooks) {
      hooks.plan.tap("action-scripts", (plan) => {
        for (const script of plan.options.actionScripts) {
          if (plan.host.stat(script) === "missing")
            plan.refuse({ what: `action script ${script}`, why: "it does not exist" });
        }
      });
      tapActions(hooks, "action-scripts", run);
    },
  });
}

/** Runs all scripts, one after the other. They get the pid of the root task as this process sees it, as soon as it exists. */
function run(context: StageContext, action: Action): void {
  const { host, options, images } = context;
  const pid = rootPid(context);
  const variables = [`CRTOOLS_SCRIPT_ACTION=${action}`, `CRTOOLS_IMAGE_DIR=${images.source.directory()}`];
  if (pid !== undefined) variables.push(`CRTOOLS_INIT_PID=${pid}`);
  for (const script of options.actionScripts) {
    const { status, errors } = host.runProgram("env", [...variables, script]);
    if (status === 0 || (status === undefined && host.kernel.recording)) continue;
    const how = status === undefined ? "could not be started, or was killed," : `exited with status ${status}`;
    throw new RestoreError("ERR_PLUGIN", `Action script ${script} ${how} for ${action}: ${errors.trim()}`, {
      plugin: "action-scripts",
      hint: "fix the script, or restore without it",
    });
  }
}
