import type { RestorePluginContext, StageContext } from "@restage/core";
import { hasOwnNamespace, NAMESPACE_KINDS } from "../namespaces/own-namespaces.ts";

/** CRIU's points of a restore, at which scripts run and callers are notified. Source: criu(8), "--action-script". */
export type Action =
  | "pre-restore"
  | "setup-namespaces"
  | "post-setup-namespaces"
  | "post-restore"
  | "network-unlock"
  | "pre-resume"
  | "post-resume";

/** Called at one of CRIU's points. An error fails the restore. At `post-resume` all tasks already run. */
export type ActionTap = (context: StageContext, action: Action) => void | Promise<void>;

/** The `stages` of a plugin that calls `tapActions`. */
export const ACTION_STAGES = {
  ROOT_TASK: "pre-restore and setup-namespaces",
  PREPARE_NAMESPACES: "post-setup-namespaces",
  RESTORE_SIGCHLD: "post-restore",
} as const;

/**
 * Calls a tap at CRIU's points of a restore. The two points for namespaces only exist for a tree with namespaces of its own.
 *
 * @param name of the tap on every hook.
 */
export function tapActions({ stages, commit, complete }: RestorePluginContext, name: string, tap: ActionTap): void {
  stages.ROOT_TASK.enter.tapPromise(name, async (context) => tap(context, "pre-restore"));
  stages.ROOT_TASK.leave.tapPromise(name, async (context) => {
    if (hasNamespaces(context)) await tap(context, "setup-namespaces");
  });
  stages.PREPARE_NAMESPACES.leave.tapPromise(name, async (context) => {
    if (hasNamespaces(context)) await tap(context, "post-setup-namespaces");
  });
  stages.RESTORE_SIGCHLD.leave.tapPromise(name, async (context) => tap(context, "post-restore"));
  commit.tapPromise(name, async (context) => {
    await tap(context, "network-unlock");
    await tap(context, "pre-resume");
  });
  complete.tapPromise(name, async (context) => tap(context, "post-resume"));
}

function hasNamespaces({ images, tree }: StageContext): boolean {
  return NAMESPACE_KINDS.some((kind) => hasOwnNamespace(images, tree.root, kind));
}

/** The pid of the root task as this process sees it; undefined before it exists. */
export function rootPid({ tree }: StageContext): number | undefined {
  return tree.root.tracee === undefined ? undefined : tree.root.hostPid;
}

/** Whether the tree has a network namespace of its own, whose traffic a checkpoint stops and a restore allows again. */
export function hasNetwork({ images, tree }: StageContext): boolean {
  return hasOwnNamespace(images, tree.root, "net");
}
