import { readFileSync } from "node:fs";
import { definePlugin, type Plugin } from "@restage/core";
import { PAGE_SIZE } from "@restage/linux/abi";
import { bar } from "./bar.ts";

const MIB = 1024 * 1024;
/** The bar appears only after this time, in milliseconds. */
const PATIENCE = 300;
const INTERVAL = 100;

/** Shows how much of the checkpoint's memory has been restored: what the tasks have in memory, compared with the size of the pages images. */
export class MemoryBar {
  #pids: readonly number[] = [];
  #total = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Learns the pids of the tasks, and how much memory they will have. */
  plugin(): Plugin {
    return definePlugin({
      name: "memory-bar",
      apply: ({ plan }) => {
        plan.tap("memory-bar", ({ source, survivors }) => {
          this.#pids = survivors.map(({ pid }) => pid);
          const pages = source.list().filter((name) => /^pages-\d+\.img$/.test(name));
          this.#total = pages.reduce((sum, name) => sum + (source.size(name) ?? 0), 0);
        });
      },
    });
  }

  /** Redraws the bar until it is hidden, if the restore takes long. */
  show(draw: (bar: string) => void): void {
    this.hide();
    const started = performance.now();
    this.#timer = setInterval(() => {
      if (this.#total > 0 && performance.now() - started > PATIENCE) draw(this.#print());
    }, INTERVAL);
  }

  hide(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #print(): string {
    const resident = this.#pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
    const done = Math.min(resident, this.#total);
    const numbers = `${Math.round(done / MIB)} of ${Math.round(this.#total / MIB)} MiB`;
    return `${bar(done, this.#total)} ${numbers}`;
  }
}

/** The resident memory of a task: the second field of /proc/PID/statm; 0 if the task does not exist yet. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE_SIZE;
  } catch {
    return 0;
  }
}
