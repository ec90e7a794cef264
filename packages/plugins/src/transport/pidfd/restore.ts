import { definePlugin, type Plugin, type Task, type Value } from "@restage/core";
import { type Passing, Transport } from "../transport.ts";

/**
 * RESTORE: each task takes shared files from the task that opened them, with pidfd_getfd(2), so it needs neither sockets nor queues. Requires Linux 5.6,
 * and permission to trace the other task, which all tasks have during a restore.
 */
export function transportPidfd(): Plugin {
  return definePlugin({
    name: "transport-pidfd",
    duty: "transport",
    provides: [Transport],
    stages: { RESTORE: "tasks take shared files with pidfd_getfd" },
    apply({ provide }) {
      const opened = new Map<Task, PromiseWithResolvers>();
      provide(Transport, {
        exchange: (_context, task, open, _outgoing, incoming) => exchange(opened, task, open, incoming),
      });
    },
  });
}

/** Resolves to the descriptors that a task has opened, by file id, when the task has run its calls. */
interface PromiseWithResolvers {
  readonly promise: Promise<ReadonlyMap<number, number>>;
  readonly resolve: (numbers: ReadonlyMap<number, number>) => void;
  readonly reject: (error: unknown) => void;
}

function entryOf(opened: Map<Task, PromiseWithResolvers>, task: Task): PromiseWithResolvers {
  let entry = opened.get(task);
  if (entry === undefined) {
    let resolve: PromiseWithResolvers["resolve"] = () => {};
    let reject: PromiseWithResolvers["reject"] = () => {};
    const promise = new Promise<ReadonlyMap<number, number>>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    promise.catch(() => {});
    entry = { promise, resolve, reject };
    opened.set(task, entry);
  }
  return entry;
}

async function exchange(
  opened: Map<Task, PromiseWithResolvers>,
  task: Task,
  open: ReadonlyMap<number, Value>,
  incoming: readonly Passing[],
): Promise<ReadonlyMap<number, Value>> {
  const own = entryOf(opened, task);
  try {
    await task.flush();
  } catch (error) {
    own.reject(error);
    throw error;
  }
  own.resolve(new Map([...open].map(([id, descriptor]) => [id, numberOf(descriptor)])));
  const received = new Map<number, Value>();
  for (const { from, ids } of incoming) {
    const numbers = await entryOf(opened, from).promise;
    const process = task.call.pidfd_open(from.pid, 0);
    for (const id of ids) received.set(id, task.call.pidfd_getfd(process, numbers.get(id) ?? -1, 0));
    task.call.close(process);
  }
  return received;
}

/** The number of a descriptor that is already open. */
function numberOf(descriptor: Value): number {
  if (typeof descriptor !== "object") return Number(descriptor);
  if (descriptor.kind === "result") return descriptor.step.result ?? -1;
  return new DataView(descriptor.data.bytes.buffer).getInt32(descriptor.offset, true);
}
