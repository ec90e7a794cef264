import { definePlugin, type Plugin, RestoreError, type StageContext } from "@restage/core";
import { hasOwnNamespace, NAMESPACE_KINDS } from "../namespaces/own-namespaces.ts";

/** CRIU's actions of a restore. Source: criu(8), "--action-script". */
type Action =
  | "pre-restore"
  | "setup-namespaces"
  | "post-setup-namespaces"
  | "post-restore"
  | "network-unlock"
  | "pre-resume"
  | "post-resume";

/**
 * Runs action scripts as CRIU does, on the hooks that every plugin can tap. The two actions for namespaces only run for a tree with namespaces of its
 * own. A script that fails makes the restore fail; at `post-resume` all tasks run already.
 */
export function actionScripts(): Plugin {
  return definePlugin({
    name: "action-scripts",
    duty: "action-scripts",
    stages: {
      ROOT_TASK: "runs scripts for pre-restore and setup-namespaces",
      PREPARE_NAMESPACES: "runs scripts for post-setup-namespaces",
      RESTORE_SIGCHLD: "runs scripts for post-restore",
    },
    apply({ plan, stages, commit, complete }) {
      plan.tap("action-scripts", (plan) => {
        for (const script of plan.options.actionScripts) {
          if (plan.host.stat(script) === "missing")
            plan.refuse({ what: `action script ${script}`, why: "it does not exist" });
        }
      });
      stages.ROOT_TASK.enter.tap("action-scripts", (context) => run(context, "pre-restore"));
      stages.ROOT_TASK.leave.tap("action-scripts", (context) => {
        if (hasNamespaces(context)) run(context, "setup-namespaces");
      });
      stages.PREPARE_NAMESPACES.leave.tap("action-scripts", (context) => {
        if (hasNamespaces(context)) run(context, "post-setup-namespaces");
      });
      stages.RESTORE_SIGCHLD.leave.tap("action-scripts", (context) => run(context, "post-restore"));
      commit.tap("action-scripts", (context) => {
        run(context, "network-unlock");
        run(context, "pre-resume");
      });
      complete.tap("action-scripts", (context) => run(context, "post-resume"));
    },
  });
}

function hasNamespaces({ images, tree }: StageContext): boolean {
  return NAMESPACE_KINDS.some((kind) => hasOwnNamespace(images, tree.root, kind));
}

/** Runs all scripts, one after the other. They get the pid of the root task as this process sees it, as soon as it exists. */
function run({ host, options, tree, images }: StageContext, action: Action): void {
  const pid = tree.root.tracee === undefined ? [] : [`CRTOOLS_INIT_PID=${tree.root.hostPid}`];
  const variables = [`CRTOOLS_SCRIPT_ACTION=${action}`, `CRTOOLS_IMAGE_DIR=${images.source.directory()}`, ...pid];
  for (const script of options.actionScripts) {
    const { status, errors } = host.runProgram("env", [...variables, script]);
    if (status === 0 || (status === undefined && host.kernel.recording)) continue;
    const how = status === undefined ? "did not end by itself" : `ended with ${status}`;
    throw new RestoreError("ERR_PLUGIN", `Action script ${script} ${how} for ${action}: ${errors.trim()}`, {
      plugin: "action-scripts",
      hint: "repair the script, or restore without it",
    });
  }
}
