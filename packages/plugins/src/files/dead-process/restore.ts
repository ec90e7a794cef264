import { definePlugin, type Plugin } from "@restage/core";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { readRemaps } from "../remaps.ts";

/**
 * Files below /proc/PID of processes that had ended: a helper has the pid while they are opened. Afterwards they are again files of a process
 * that is gone.
 */
export function deadProcesses(): Plugin {
  return definePlugin({
    name: "dead-processes",
    duty: "dead-processes",
    needs: ["zombies-helpers"],
    apply({ plan }) {
      plan.tap("dead-processes", (plan) => {
        const { tree } = plan;
        const referenced = referencedFiles(plan);
        const threads = new Set(tree.tasks.flatMap((task) => task.threads.map(({ tid }) => tid)));
        for (const { id, kind, source: pid } of readRemaps(plan.images)) {
          if (kind !== "dead-process" || !referenced.has(id) || tree.byPid(pid) !== undefined) continue;
          if (threads.has(pid)) {
            const what = plan.images.file(id, "remap-fpath.img").reg?.name ?? `file ${id}`;
            plan.refuse({ what, why: `process ${pid} had ended, and a thread of the checkpoint has its number` });
          } else tree.addHelper({ pid, sid: tree.root.sid, pgid: tree.root.pgid }, tree.root);
        }
      });
    },
  });
}
