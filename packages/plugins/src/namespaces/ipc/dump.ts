import { definePlugin, type Plugin } from "@restage/core";
import { ownNamespace } from "../own-namespaces.ts";
import { saveMessageQueues } from "./message-queue/dump.ts";
import { saveSemaphores } from "./semaphore/dump.ts";
import { saveSegments } from "./shared-memory/dump.ts";
import { saveVariables } from "./variables/dump.ts";

/**
 * Saves the System V shared memory, semaphores and message queues of a tree with an IPC namespace of its own, with ids and content, and the
 * namespace's sysctls.
 */
export function ipcNamespace(): Plugin {
  return definePlugin({
    name: "ipc-namespace",
    duty: "ipc-namespace",
    phases: { write: "saves System V shared memory, semaphores and message queues, and sysctls" },
    dump({ phases }) {
      phases.write.tree.tap("ipc-namespace", ({ root }, context) => {
        const id = ownNamespace(context, "ipc");
        if (id === undefined) return;
        context.host.inside(`/proc/${root.hostPid}/ns/ipc`, "ipc", () => {
          saveVariables(context, id);
          saveSegments(context, id);
          saveSemaphores(context, id);
          saveMessageQueues(context, id);
        });
      });
    },
  });
}
