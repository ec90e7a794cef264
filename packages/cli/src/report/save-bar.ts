import { definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { bar } from "./bar.ts";

const MIB = 1024 * 1024;
/** Private and shared memory of a task. Source: proc_pid_status(5). */
const RESIDENT = ["RssAnon", "RssShmem"] as const;

/** Shows how much memory has been saved, compared with what the tasks have. */
export class SaveBar {
  #total = 0;

  /** Learns how much memory the tasks have. */
  plugin(): Plugin {
    return definePlugin({
      name: "save-bar",
      dump: ({ phases }) => {
        phases.write.tree.tap("save-bar", ({ alive }) => {
          this.#total = alive.reduce((sum, task) => sum + residentBytes(task), 0);
        });
      },
    });
  }

  /** The bar. Memory that several tasks share is saved once, and an earlier checkpoint can have the rest: it can end before it is full. */
  print(saved: number): string {
    const total = Math.max(saved, this.#total);
    return `${bar(saved, total)} ${Math.round(saved / MIB)} of ${Math.round(total / MIB)} MiB`;
  }
}

function residentBytes({ leader }: SeizedTask): number {
  return RESIDENT.reduce((sum, field) => sum + 1024 * Number.parseInt(leader.status.get(field) ?? "0", 10), 0);
}
