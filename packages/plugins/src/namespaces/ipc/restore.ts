import { type Checkpoint, definePlugin, type RestorePlugin, type StageContext } from "@restage/core";
import { CLONE } from "@restage/linux/abi";
import { hasOwnNamespace, namespaceId } from "../own-namespaces.ts";
import { makeMessageQueues } from "./message-queue/restore.ts";
import { makeSemaphores } from "./semaphore/restore.ts";
import { makeSegments, removeAgain } from "./shared-memory/restore.ts";
import { raiseVariables, setVariables } from "./variables/restore.ts";

/**
 * ROOT_TASK: an IPC namespace of the tree's own. PREPARE_NAMESPACES: its System V shared memory, semaphores and message queues under their
 * ids, and its sysctls. RESTORE_SIGCHLD: segments that were removed are so again, when all who have them attached do.
 *
 * Requires CAP_SYS_ADMIN, and CONFIG_CHECKPOINT_RESTORE for the ids.
 */
export function ipcNamespace(): RestorePlugin {
  return definePlugin({
    name: "ipc-namespace",
    duty: "ipc-namespace",
    stages: {
      ROOT_TASK: "enters a new IPC namespace",
      PREPARE_NAMESPACES: "System V shared memory, semaphores, message queues with their content; sysctls",
      RESTORE_SIGCHLD: "removed segments of shared memory are so again",
    },
    supports: [
      {
        group: "namespaces",
        what: "IPC namespace",
        restored:
          "System V shared memory, also removed and locked segments, semaphores and message queues with ids, content and owners; sysctls",
        refused: "what CRIU 4.2 does not save: undo lists, POSIX message queues",
        kernel: "CONFIG_CHECKPOINT_RESTORE",
        shownBy: ["case ipc-objects", "fixture shm", "fixture namespaces"],
      },
    ],
    apply({ plan, stages }) {
      let id: number | undefined;
      let context: StageContext | undefined;
      plan.tap("ipc-namespace", (plan) => {
        const { checkpoint, tree } = plan;
        if (!hasOwnNamespace(checkpoint, tree.root, "ipc")) return;
        id = namespaceId(tree.root, "ipc") ?? 0;
        readAll(checkpoint, id);
      });
      stages.ROOT_TASK.task.tap("ipc-namespace", (root) => {
        if (id !== undefined) root.call.unshare(CLONE.NEWIPC);
      });
      stages.PREPARE_NAMESPACES.enter.tap("ipc-namespace", (stage) => {
        context = stage;
      });
      stages.PREPARE_NAMESPACES.task.tap("ipc-namespace", (root) => {
        if (id === undefined || context === undefined) return;
        const { checkpoint } = context;
        const variables = checkpoint.optional("ipc_var", id);
        if (variables !== undefined) raiseVariables(root, variables);
        makeSegments(root, checkpoint.entries("ipcns_shm", id), context);
        makeSemaphores(root, checkpoint.entries("ipcns_sem", id));
        makeMessageQueues(root, checkpoint.entries("ipcns_msg", id));
        if (variables !== undefined) setVariables(root, variables);
      });
      stages.RESTORE_SIGCHLD.task.tap("ipc-namespace", (task) => {
        if (id === undefined || task !== context?.tree.root) return;
        removeAgain(task, context.checkpoint.values("ipcns_shm", id));
      });
    },
  });
}

/** Reads all images before any task exists: they may be damaged. */
function readAll(checkpoint: Checkpoint, id: number): void {
  checkpoint.entries("ipcns_sem", id);
  checkpoint.entries("ipcns_msg", id);
  checkpoint.optional("ipc_var", id);
  checkpoint.entries("ipcns_shm", id);
}
