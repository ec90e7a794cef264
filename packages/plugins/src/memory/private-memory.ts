import { data, definePlugin, type MemoryPatch, type Plan, type RestorePlugin, type StageContext, type Task } from "@restage/core";
import type { PageRun, VmaEntry } from "@restage/images";
import { MADV, MAP, O, PAGE_SIZE, PROT } from "@restage/linux/abi";
import { OpenFiles } from "../files/open-files.ts";
import { fillPages, readPageRuns } from "./page-content.ts";
import { readBytes } from "./read-pages.ts";
import { checkVmas, isFile, kindOf, printVma } from "./vmas.ts";

/** The end of the address space that mappings may use without asking for more: 47 bits. */
const TASK_SIZE = 0x7fff_ffff_f000;

/**
 * Private memory, anonymous and of files, with its content.
 *
 * FORKING for tasks with children: what parent and child share has to be there before the child is forked. RESTORE for the others, which all
 * work at once.
 */
export function privateMemory(): RestorePlugin {
  return definePlugin({
    name: "private-memory",
    duty: "private-memory",
    uses: [OpenFiles],
    stages: {
      FORKING: "tasks with children map and fill their private memory",
      RESTORE: "all others map and fill their private memory",
    },
    apply({ plan, stages, patchMemory, service }) {
      let context: StageContext | undefined;
      plan.tap("private-memory", (plan) => {
        for (const task of plan.survivors) {
          checkVmas(plan, task);
          checkPages(plan, task);
        }
      });
      const restore = async (task: Task) => {
        if (context === undefined) return;
        const { checkpoint, serviceDescriptors } = context;
        const runs = readPageRuns(checkpoint, task);
        const patch = new Patch(task, runs);
        await patchMemory.promise(patch);
        const vmas = task.mm.vmas.filter((vma) => kindOf(vma) === "private");
        unmapAll(task, context.stub.zone);
        const content = contentOf(vmas, runs);
        const filled = new Set([...content.map(({ vma }) => vma), ...patch.touched(vmas)]);
        mapAll(task, vmas, filled, service(OpenFiles));
        const pieces = content.map(({ vma, run }) => ({ run, hugePages: mayHaveHugePages(vma, task) }));
        fillPages(task, pieces, checkpoint, serviceDescriptors.number("images"));
        patch.apply();
        protectAll(task, filled);
        adviseAll(task, vmas);
      };
      stages.FORKING.enter.tap("private-memory", (stage) => {
        context = stage;
      });
      stages.FORKING.task.tapPromise("private-memory", async (task) => {
        if (task.survives && task.children.length > 0) await restore(task);
      });
      stages.RESTORE.task.tapPromise("private-memory", async (task) => {
        if (task.survives && task.children.length === 0) await restore(task);
      });
    },
  });
}

function checkPages(plan: Plan, task: Task): void {
  const vmas = task.mm.vmas.filter((vma) => kindOf(vma) === "private" || kindOf(vma) === "vdso");
  for (const run of readPageRuns(plan.checkpoint, task)) {
    const end = run.address + BigInt(run.pages * PAGE_SIZE);
    let at = run.address;
    for (const vma of vmas) if (vma.start <= at && at < vma.end) at = vma.end;
    if (at >= end) continue;
    plan.refuse({
      what: `pages at ${run.address.toString(16)}`,
      why: "they are in no private mapping: pagemap and mm image contradict each other",
      pid: task.pid,
    });
  }
}

/** What was inherited from the parent goes; the zone stays. */
function unmapAll(task: Task, zone: { readonly start: number; readonly length: number }): void {
  const end = zone.start + zone.length;
  task.call.munmap(0, zone.start);
  task.call.munmap(end, TASK_SIZE - end);
}

/** The runs cut at the borders of mappings, each with its mapping; those of other mappings (the vdso's) left out. Both ascend. */
function contentOf(vmas: readonly VmaEntry[], runs: readonly PageRun[]): { readonly vma: VmaEntry; readonly run: PageRun }[] {
  const content: { vma: VmaEntry; run: PageRun }[] = [];
  let next = 0;
  for (const run of runs) {
    const end = run.address + BigInt(run.pages * PAGE_SIZE);
    while (next < vmas.length && (vmas[next] as VmaEntry).end <= run.address) next++;
    for (let n = next; n < vmas.length; n++) {
      const vma = vmas[n] as VmaEntry;
      if (vma.start >= end) break;
      const from = vma.start > run.address ? vma.start : run.address;
      const to = vma.end < end ? vma.end : end;
      const offset = run.offset === undefined ? undefined : run.offset + Number(from - run.address);
      content.push({ vma, run: { ...run, address: from, pages: Number(to - from) / PAGE_SIZE, offset } });
    }
  }
  return content;
}

function mapAll(task: Task, vmas: readonly VmaEntry[], filled: ReadonlySet<VmaEntry>, files: OpenFiles): void {
  const open = new Map<bigint, ReturnType<OpenFiles["open"]>>();
  for (const vma of vmas) {
    const prot = filled.has(vma) ? vma.prot | PROT.WRITE : vma.prot;
    const length = vma.end - vma.start;
    if (isFile(vma)) {
      let file = open.get(vma.shmid);
      if (file === undefined) {
        file = files.open(task, Number(vma.shmid), O.RDONLY);
        open.set(vma.shmid, file);
      }
      task.call.mmap(vma.start, length, prot, vma.flags | MAP.FIXED_NOREPLACE, file, vma.pgoff).expect(vma.start);
    } else {
      const flags = vma.flags | MAP.FIXED_NOREPLACE | MAP.ANONYMOUS;
      task.call.mmap(vma.start, length, prot, flags, -1, 0).expect(vma.start);
    }
  }
  for (const file of open.values()) task.call.close(file);
}

function protectAll(task: Task, filled: ReadonlySet<VmaEntry>): void {
  for (const vma of filled) {
    if ((vma.prot & PROT.WRITE) === 0) task.call.mprotect(vma.start, vma.end - vma.start, vma.prot);
  }
}

/** Bit n of `madv` is madvise(n). */
function adviseAll(task: Task, vmas: readonly VmaEntry[]): void {
  for (const vma of vmas) {
    for (let rest = vma.madv ?? 0n, advice = 0; rest !== 0n; rest >>= 1n, advice++) {
      if ((rest & 1n) !== 0n) task.call.madvise(vma.start, vma.end - vma.start, advice);
    }
  }
}

function vmaAt(vmas: readonly VmaEntry[], address: bigint): VmaEntry | undefined {
  return vmas.find((vma) => vma.start <= address && address < vma.end);
}

function mayHaveHugePages(vma: VmaEntry, task: Task): boolean {
  if (isFile(vma) || task.mm.thp_disabled === true) return false;
  return ((vma.madv ?? 0n) & (1n << BigInt(MADV.NOHUGEPAGE))) === 0n;
}

/** Collects what `patchMemory` taps write; applied when the pages are there and still writable. */
class Patch implements MemoryPatch {
  readonly task: Task;
  readonly writes: { readonly address: bigint; readonly bytes: Uint8Array }[] = [];
  readonly #runs: readonly PageRun[];

  constructor(task: Task, runs: readonly PageRun[]) {
    this.task = task;
    this.#runs = runs;
  }

  read(address: bigint, length: number): Uint8Array | undefined {
    return readBytes(this.#runs, address, length);
  }

  write(address: bigint, bytes: Uint8Array): void {
    const vma = vmaAt(this.task.mm.vmas, address);
    if (vma === undefined || kindOf(vma) !== "private" || address + BigInt(bytes.length) > vma.end) {
      const where = vma === undefined ? "no mapping is there" : `mapping ${printVma(vma)}`;
      throw new RangeError(`Cannot write ${bytes.length} bytes at 0x${address.toString(16)}: ${where}`);
    }
    this.writes.push({ address, bytes });
  }

  /** The mappings that are written to. */
  touched(vmas: readonly VmaEntry[]): readonly VmaEntry[] {
    return this.writes.flatMap(({ address }) => vmaAt(vmas, address) ?? []);
  }

  apply(): void {
    for (const { address, bytes } of this.writes) this.task.copy(address, data(bytes));
  }
}

