import { definePlugin, type ImageSet, type Plugin } from "@restage/core";
import { CLONE } from "@restage/linux/abi";
import { makesNamespace, namespaceId } from "../own-namespaces.ts";
import { makeMessageQueues } from "./message-queue/restore.ts";
import { makeQueues } from "./posix-queue/restore.ts";
import { makeSemaphores } from "./semaphore/restore.ts";
import { checkHostSegments, hostSegments, restoreHostSegments } from "./shared-memory/host-segments.ts";
import { makeSegments, removeAgain, type Segment } from "./shared-memory/restore.ts";
import { raiseVariables, setVariables } from "./variables/restore.ts";

/**
 * ROOT_TASK: the root task enters a new IPC namespace. PREPARE_NAMESPACES: System V shared memory, semaphores and message queues under their ids, POSIX
 * message queues, and sysctls. RESTORE_SIGCHLD: segments that had been removed are removed again, now that every task has attached its own.
 *
 * A tree that shares the IPC namespace of this process gets only the shared memory that it had attached: what still exists is filled, the rest is made.
 *
 * Requires CAP_SYS_ADMIN, and CONFIG_CHECKPOINT_RESTORE for the ids.
 */
export function ipcNamespace(): Plugin {
  return definePlugin({
    name: "ipc-namespace",
    duty: "ipc-namespace",
    stages: {
      ROOT_TASK: "enters a new IPC namespace",
      PREPARE_NAMESPACES:
        "makes System V shared memory, semaphores and message queues with their content, and POSIX message queues; sets sysctls",
      RESTORE_SIGCHLD: "removes segments of shared memory that had been removed",
    },
    apply({ plan, stages }) {
      let id: number | undefined;
      /** Of the namespace of this process. */
      let segments: readonly Segment[] = [];
      plan.tap("ipc-namespace", (plan) => {
        const { images, tree } = plan;
        segments = hostSegments(plan);
        checkHostSegments(plan, segments);
        if (!makesNamespace(plan, "ipc")) return;
        id = namespaceId(tree.root, "ipc") ?? 0;
        readAll(images, id);
      });
      stages.ROOT_TASK.task.tap("ipc-namespace", (root) => {
        if (id !== undefined) root.call.unshare(CLONE.NEWIPC);
      });
      stages.PREPARE_NAMESPACES.task.tap("ipc-namespace", (root, context) => {
        restoreHostSegments(root, segments, context);
        if (id === undefined) return;
        const { images } = context;
        const variables = images.optional("ipc_var", id);
        if (variables !== undefined) raiseVariables(root, variables);
        makeSegments(root, images.entries("ipcns_shm", id), context);
        makeSemaphores(root, images.entries("ipcns_sem", id));
        makeMessageQueues(root, images.entries("ipcns_msg", id));
        makeQueues(root, images.own.ipc(id)?.queues ?? []);
        if (variables !== undefined) setVariables(root, variables);
      });
      stages.RESTORE_SIGCHLD.task.tap("ipc-namespace", (task, { tree, images }) => {
        if (task !== tree.root) return;
        removeAgain(task, id === undefined ? segments : images.entries("ipcns_shm", id));
      });
    },
  });
}

/** Reads all images before any task exists, so that damaged ones are refused. */
function readAll(images: ImageSet, id: number): void {
  images.entries("ipcns_sem", id);
  images.entries("ipcns_msg", id);
  images.optional("ipc_var", id);
  images.entries("ipcns_shm", id);
}
