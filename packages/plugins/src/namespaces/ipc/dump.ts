import { type CheckpointPlugin, defineCheckpointPlugin } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";
import { saveMessageQueues } from "./message-queue/dump.ts";
import { saveSemaphores } from "./semaphore/dump.ts";
import { saveSegments } from "./shared-memory/dump.ts";
import { saveVariables } from "./variables/dump.ts";

/**
 * System V shared memory, semaphores and message queues of a tree with an IPC namespace of its own, with ids and content, and its sysctls. Lists
 * of undone semaphore operations are not saved: the kernel does not tell them.
 */
export function ipcNamespace(): CheckpointPlugin {
  return defineCheckpointPlugin({
    name: "ipc-namespace",
    duty: "ipc-namespace",
    saves: [
      {
        group: "namespaces",
        what: "IPC namespaces",
        saved: "System V objects with ids and content, settings",
        refused: "removed segments that are attached still",
        shownBy: ["fixture shm"],
      },
    ],
    apply({ write }) {
      write.tree.tap("ipc-namespace", (tree) => {
        const id = ownNamespace(tree, "ipc");
        if (id === undefined) return;
        tree.host.inside(`/proc/${tree.root.hostPid}/ns/ipc`, "ipc", () => {
          saveVariables(tree, id);
          saveSegments(tree, id);
          saveSemaphores(tree, id);
          saveMessageQueues(tree, id);
        });
      });
    },
  });
}
