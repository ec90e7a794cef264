import { definePlugin, type Plugin } from "@restage/core";
import { ownNamespace } from "../nested/dump.ts";
import { saveMessageQueues } from "./message-queue/dump.ts";
import { saveSemaphores } from "./semaphore/dump.ts";
import { saveSegments } from "./shared-memory/dump.ts";
import { saveVariables } from "./variables/dump.ts";

/**
 * System V shared memory, semaphores and message queues of a tree with an IPC namespace of its own, with ids and content, and its sysctls. Lists
 * of undone semaphore operations are not saved: the kernel does not tell them.
 */
export function ipcNamespace(): Plugin {
  return definePlugin({
    name: "ipc-namespace",
    duty: "ipc-namespace",
    dump({ phases }) {
      phases.write.tree.tap("ipc-namespace", (_tree, context) => {
        const id = ownNamespace(context, "ipc");
        if (id === undefined) return;
        context.host.inside(`/proc/${context.tree.root.hostPid}/ns/ipc`, "ipc", () => {
          saveVariables(context, id);
          saveSegments(context, id);
          saveSemaphores(context, id);
          saveMessageQueues(context, id);
        });
      });
    },
  });
}
