import { bytesOfContent, findTexts, readPageBytes } from "@restage/images";
import { callTaps } from "../plugin/call-taps.ts";
import { definePlugin, type Plugin } from "../plugin/plugin.ts";
import { data } from "../program/deferred.ts";
import type { ImageSet } from "../restore/image-set.ts";
import type { MemoryPatch } from "../restore/memory-patch.ts";
import type { Task } from "../restore/task.ts";

/**
 * The least that a tree needs to pass all stages: tasks and threads are forked, helpers and zombies exit, and the others get registers of zeroes.
 * These plugins claim the duties of the defaults, so a plugin under test with one of these duties replaces them.
 */
export function scaffold(): readonly Plugin[] {
  return [
    definePlugin({
      name: "scaffold-root-task",
      duty: "root-task",
      apply: ({ stages }) =>
        stages.ROOT_TASK.enter.tap("root-task", ({ stub, tree }) => void stub.fork(tree.root, 0, { child: false })),
    }),
    definePlugin({
      name: "scaffold-children",
      duty: "children",
      apply({ stages }) {
        stages.FORKING.task.tap("children", (task) => {
          for (const child of task.forks) task.fork(child);
        });
      },
    }),
    definePlugin({
      name: "scaffold-private-memory",
      duty: "private-memory",
      apply({ stages, patchMemory }) {
        stages.RESTORE.task.tapPromise("private-memory", async (task, { images }) => {
          if (task.survives) await callTaps(patchMemory, recordedPatch(task, images));
        });
      },
    }),
    definePlugin({
      name: "scaffold-threads",
      duty: "threads",
      apply({ stages }) {
        stages.RESTORE.task.tap("threads", (task) => {
          if (task.survives) for (const thread of task.threads.slice(1)) task.startThread(thread);
        });
      },
    }),
    definePlugin({
      name: "scaffold-zombies-helpers",
      duty: "zombies-helpers",
      apply({ stages }) {
        stages.RESTORE.task.tap("zombies-helpers", (task) => {
          if (!task.survives) task.endsWith({ code: 0, signal: undefined });
        });
      },
    }),
    definePlugin({
      name: "scaffold-registers",
      duty: "registers",
      apply({ stages }) {
        stages.COMPLETE.thread.tap("registers", (thread) => {
          thread.resumeWith({
            registers: new Uint8Array(),
            threadAreas: [],
            extendedState: { legacy: new Uint8Array(512), components: [] },
            signalMask: 0n,
            lastCalls: thread.lastCalls,
            pokes: [],
          });
        });
      },
    }),
  ];
}

/** Records what `patchMemory` taps write as copies of the task. */
function recordedPatch(task: Task, images: ImageSet): MemoryPatch {
  const runs = images.pagemap("pagemap", task.pid)?.runs ?? [];
  return {
    task,
    find: (text) => findTexts(task.mm.vmas, runs, [bytesOfContent(text)]).map(({ address }) => address),
    read: (address, length) => readPageBytes(runs, address, length),
    write: (address, content) => task.copy(address, data(bytesOfContent(content))),
  };
}
