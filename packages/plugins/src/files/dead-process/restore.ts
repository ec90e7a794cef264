import { definePlugin, type Plugin } from "@restage/core";
import { referencedFiles } from "../descriptors/referenced-files.ts";
import { readRemaps } from "../remaps.ts";

/**
 * Restores files in /proc/PID of dead processes: a helper has the pid while tasks open the files, and then ends.
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
            plan.refuse({
              what,
              why: `it belongs to dead process ${pid}, whose id a thread of the checkpoint has now`,
            });
          } else tree.addHelper({ pid, sid: tree.root.sid, pgid: tree.root.pgid }, tree.root);
        }
      });
    },
  });
}
