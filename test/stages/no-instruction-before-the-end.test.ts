import { closeSync, openSync, readSync } from "node:fs";
import { definePlugin, type Plugin } from "@restage/core";
import { openImageDirectory, readPagemap, readSingleEntry, type VmaEntry, vmaStatus } from "@restage/images";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { cleanUp, expectAllGone, failureWith, imagesOf, prepare } from "./fixture.ts";

/**
 * Three tasks and a thread with queued signals, armed timers and counters. Any instruction that one of them runs would change its memory, if
 * only by a frame on its stack.
 */
const NAME = "signals";
const TASKS = [20800, 20802, 20803];
const LAST = 20803;
const PAGE = 4096;

/** Makes the last task fail in the last stage, and looks at the tasks before the rollback. */
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

/** Compares the pages of a task with its checkpoint. */
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
        if (isOfKernel(vmas, address)) continue;
        readSync(pages, recorded, 0, PAGE, (run.offset ?? 0) + page * PAGE);
        readSync(memory, now, 0, PAGE, Number(address));
        ignoreRestartableSequences(pid, address, recorded, now);
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

function isOfKernel(vmas: readonly VmaEntry[], address: bigint): boolean {
  const vma = vmas.find(({ start, end }) => start <= address && address < end);
  return vma === undefined || (vma.status & (vmaStatus.VMA_AREA_VDSO | vmaStatus.VMA_AREA_VVAR)) !== 0;
}

/** Ignores the rseq area, to which the kernel itself writes the number of the processor. */
function ignoreRestartableSequences(pid: number, page: bigint, ...copies: readonly Buffer[]): void {
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

describeUnless(noFixtures, "before the last task has its credentials back", () => {
  beforeEach(() => prepare(NAME));
  afterEach(() => cleanUp(NAME));

  it("no task runs an instruction of its own, and a failure ends them all", async () => {
    const seen = new Map<number, ReturnType<typeof changedPages>>();
    const look = () => {
      for (const pid of TASKS) seen.set(pid, changedPages(pid));
    };
    const error = await failureWith(NAME, failAtTheEnd(look));
    expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: "RESTORE_CREDS", pid: LAST });
    expect([...seen.keys()]).toEqual(TASKS);
    for (const { compared, changed } of seen.values()) {
      expect(compared).toBeGreaterThan(10);
      expect(changed).toEqual([]);
    }
    expectAllGone(NAME);
  });
});
