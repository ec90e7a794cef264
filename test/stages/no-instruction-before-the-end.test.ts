import { closeSync, openSync, readSync } from "node:fs";
import { definePlugin, type Plugin } from "@restage/core";
import { openImageDirectory, readPagemap, readSingleEntry, type VmaEntry, vmaStatus } from "@restage/images";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanUp, failureOf, fixtureTasks, imagesOf, missing, prepare, takenPids } from "./fixture.ts";

/**
 * Three tasks and a thread, with queued signals whose handlers count, armed timers, and counters: whatever one of them ran of its own would
 * show in its memory, if only as a frame on its stack.
 */
const NAME = "signals";
const TASKS = [20800, 20802, 20803];
const LAST = 20803;
const PAGE = 4096;

/** The last task fails in the last stage; before anything is undone, the memory of all is compared. */
function failAtTheEnd(look: () => void): Plugin {
  return definePlugin({
    name: "fail-at-the-end",
    apply({ stages, abort }) {
      stages.RESTORE_CREDS.task.tap("fail-at-the-end", (task) => {
        if (task.pid === LAST) task.call.close(-1);
      });
      abort.tap("fail-at-the-end", look);
    },
  });
}

/** Pages of a task that are not as the checkpoint has them. */
function changedPages(pid: number): { readonly compared: number; readonly changed: readonly string[] } {
  const source = openImageDirectory(imagesOf(NAME));
  const vmas = readSingleEntry(source, "mm", pid)?.value.vmas ?? [];
  const memory = openSync(`/proc/${pid}/mem`, "r");
  const recorded = Buffer.alloc(PAGE);
  const now = Buffer.alloc(PAGE);
  const changed: string[] = [];
  let compared = 0;
  try {
    for (const run of readPagemap(source, `pagemap-${pid}.img`)?.runs ?? []) {
      const pages = openSync(`${source.directory()}/${run.pagesFile}`, "r");
      for (let page = 0; page < run.pages; page++) {
        const address = run.address + BigInt(page * PAGE);
        if (isKernels(vmas, address)) continue;
        readSync(pages, recorded, 0, PAGE, (run.offset ?? 0) + page * PAGE);
        readSync(memory, now, 0, PAGE, Number(address));
        forgetRestartableSequences(pid, address, recorded, now);
        compared++;
        if (!recorded.equals(now)) changed.push(address.toString(16));
      }
      closeSync(pages);
    }
  } finally {
    closeSync(memory);
  }
  return { compared, changed };
}

function isKernels(vmas: readonly VmaEntry[], address: bigint): boolean {
  const vma = vmas.find(({ start, end }) => start <= address && address < end);
  return vma === undefined || (vma.status & (vmaStatus.VMA_AREA_VDSO | vmaStatus.VMA_AREA_VVAR)) !== 0;
}

/** The kernel itself writes the number of the processor there. */
function forgetRestartableSequences(pid: number, page: bigint, ...copies: readonly Buffer[]): void {
  const source = openImageDirectory(imagesOf(NAME));
  for (const tid of readSingleEntry(source, "core", pid) === undefined ? [] : threadsOf(pid)) {
    const rseq = readSingleEntry(source, "core", tid)?.value.thread_core?.rseq_entry;
    if (rseq === undefined || rseq.rseq_abi_pointer < page || rseq.rseq_abi_pointer >= page + BigInt(PAGE)) continue;
    const at = Number(rseq.rseq_abi_pointer - page);
    for (const copy of copies) copy.fill(0, at, at + rseq.rseq_abi_size);
  }
}

function threadsOf(pid: number): readonly number[] {
  return pid === 20800 ? [20800, 20801] : [pid];
}

describe.skipIf(missing !== undefined)("until the last task has its credentials back", () => {
  beforeEach(() => prepare(NAME));
  afterEach(() => cleanUp(NAME));

  it("no task runs an instruction of its own, and all are gone when it fails", async () => {
    const seen = new Map<number, ReturnType<typeof changedPages>>();
    const look = () => {
      for (const pid of TASKS) seen.set(pid, changedPages(pid));
    };
    const error = await failureOf(NAME, [failAtTheEnd(look)]);
    expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: "RESTORE_CREDS", pid: LAST });
    expect([...seen.keys()]).toEqual(TASKS);
    for (const { compared, changed } of seen.values()) {
      expect(compared).toBeGreaterThan(10);
      expect(changed).toEqual([]);
    }
    expect(takenPids(NAME)).toEqual([]);
    expect(fixtureTasks()).toEqual([]);
  });
});
