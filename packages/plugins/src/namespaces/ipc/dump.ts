import { type DumpContext, definePlugin, type Plugin } from "@restage/core";
import { vmaStatus } from "@restage/images";
import { namespaceId, ownNamespace } from "../own-namespaces.ts";
import { saveMessageQueues } from "./message-queue/dump.ts";
import { checkQueues, type Queue, readQueues } from "./posix-queue/dump.ts";
import { saveSemaphores } from "./semaphore/dump.ts";
import { saveSegments } from "./shared-memory/dump.ts";
import { saveVariables } from "./variables/dump.ts";

/**
 * Saves the System V shared memory, semaphores and message queues of a tree with an IPC namespace of its own, with ids and content, its POSIX message
 * queues without content, and the namespace's sysctls. Of a tree that shares the namespace of this process, only the shared memory that it has attached.
 */
export function ipcNamespace(): Plugin {
  return definePlugin({
    name: "ipc-namespace",
    duty: "ipc-namespace",
    phases: {
      inspect: "refuses POSIX message queues with messages",
      write: "saves System V shared memory, semaphores and message queues, POSIX message queues, and sysctls",
    },
    dump({ phases }) {
      let queues: readonly Queue[] = [];
      phases.inspect.tree.tap("ipc-namespace", ({ root }, context) => {
        if (ownNamespace(context, "ipc") === undefined) return;
        queues = context.host.inside(`/proc/${root.hostPid}/ns/ipc`, "ipc", () => readQueues(context));
        checkQueues(queues, context);
      });
      phases.write.tree.tap("ipc-namespace", ({ root }, context) => {
        const id = ownNamespace(context, "ipc");
        if (id === undefined) {
          saveAttached(context);
          return;
        }
        context.host.inside(`/proc/${root.hostPid}/ns/ipc`, "ipc", () => {
          saveVariables(context, id);
          saveSegments(context, id);
          saveSemaphores(context, id);
          saveMessageQueues(context, id);
        });
        if (queues.length > 0) context.own.ipc(id).queues = queues.map(({ entry }) => entry);
      });
    },
  });
}

/** CRIU does not restore segments of the host, and refuses these images. */
function saveAttached(context: DumpContext): void {
  const { alive, root } = context.tree;
  const mappings = alive.flatMap((task) => task.mappings);
  const attached = mappings.filter(({ entry }) => ((entry.status ?? 0) & vmaStatus.VMA_AREA_SYSVIPC) !== 0);
  if (attached.length === 0) return;
  saveSegments(context, namespaceId(root, "ipc") ?? 0, new Set(attached.map(({ entry }) => Number(entry.shmid))));
}
