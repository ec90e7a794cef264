import type { RestoreEvent } from "@restage/core";
import { encodeEntries } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { writeOwnFile } from "../own-file.ts";
import { print } from "./print.ts";
import type { Reporter } from "./report.ts";

/** The calls with which a task reads its memory. */
const READS: readonly string[] = ["pread64", "preadv"];
/** The duties that make these calls. */
const OF_MEMORY = /memory|mappings|memfds/;

/** Writes CRIU's stats-restore, for programs that read it: the time of forking and of everything, and the number of pages. */
export function statisticsTo(path: string, { shown }: { readonly shown: boolean }): Reporter {
  const start = performance.now();
  let forking = 0;
  let bytes = 0;
  const listener = (event: RestoreEvent): void => {
    if (event.kind === "stage-left" && event.stage === "FORKING") forking = event.milliseconds;
    if (event.kind === "program") bytes += bytesRead(event);
    if (event.kind !== "resumed") return;
    const restore = {
      pages_compared: 0n,
      pages_skipped_cow: 0n,
      forking_time: microseconds(forking),
      restore_time: microseconds(performance.now() - start),
      pages_restored: BigInt(Math.floor(bytes / PAGE_SIZE)),
    };
    if (shown) {
      const { forking_time, restore_time, pages_restored } = restore;
      print(`Forking ${forking_time} us, all ${restore_time} us, ${pages_restored} pages restored\n`);
    }
    writeOwnFile(path, encodeEntries("stats", [{ value: { restore } }]));
  };
  return { name: `the statistics ${path}`, listener };
}

function bytesRead({ steps }: Extract<RestoreEvent, { kind: "program" }>): number {
  let bytes = 0;
  for (const step of steps) {
    if (step.kind !== "syscall" || !READS.includes(step.name) || !OF_MEMORY.test(step.plugin)) continue;
    bytes += Math.max(0, step.result ?? 0);
  }
  return bytes;
}

function microseconds(milliseconds: number): number {
  return Math.round(1000 * milliseconds);
}
