import { readFileSync } from "node:fs";
import { definePlugin, type Plugin } from "@restage/core";
import { bar } from "./bar.ts";

const MIB = 1024 * 1024;
/** Private and shared memory of a task, in KiB. Source: proc_pid_status(5). */
const RESIDENT = /^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm;

/** Shows how much memory has been saved, compared with what the tasks have. */
export class SaveBar {
  #total = 0;

  /** Learns how much memory the tasks have. */
  plugin(): Plugin {
    return definePlugin({
      name: "save-bar",
      dump: ({ phases }) => {
        phases.write.tree.tap("save-bar", ({ alive }) => {
          this.#total = alive.reduce((sum, { proc }) => sum + residentBytes(proc), 0);
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

function residentBytes(proc: string): number {
  const status = readFileSync(`${proc}/status`, "latin1");
  return Array.from(status.matchAll(RESIDENT)).reduce((sum, [, kibibytes]) => sum + 1024 * Number(kibibytes), 0);
}
