import {
  definePlugin,
  type ImageSet,
  type Plan,
  type Plugin,
  type StageContext,
  type Task,
  type Value,
} from "@restage/core";
import { callTaps } from "@restage/core/internal";
import type { PageRun, VmaEntry } from "@restage/images";
import { MADV, MAP, O, PAGE_SIZE, PROT, TASK_SIZE } from "@restage/linux/abi";
import { OpenFiles } from "../../files/open-files.ts";
import { HUGE_PAGES_HINT, hasHugePages } from "../huge-pages.ts";
import { advise } from "../mappings/advise.ts";
import { checkMappings } from "../mappings/check-mappings.ts";
import { decodeAdvice, isFile, kindOf } from "../mappings/format.ts";
import { type Content, fillPages, mergePages, readPageRuns } from "../page-content.ts";
import { inheritedVmas, pagesOnlyIn } from "./inherited.ts";
import { Patch } from "./patch.ts";

/**
 * Private memory, anonymous and of files, with its content.
 *
 * Tasks with children restore it in FORKING: pages that parent and child share must be in place before the child is forked. All others restore it in
 * RESTORE, at the same time.
 */
export function privateMemory(): Plugin {
  return definePlugin({
    name: "private-memory",
    duty: "private-memory",
    uses: [OpenFiles],
    stages: {
      FORKING: "tasks with children map and fill their private memory",
      RESTORE: "all other tasks map and fill their private memory",
    },
    apply({ plan, stages, patchMemory, service }) {
      plan.tap("private-memory", (plan) => {
        for (let source = plan.images.source.parent(); source !== undefined; source = source.parent()) {
          plan.serviceDescriptors.keepOpen(source.directory());
        }
        for (const task of plan.survivors) {
          checkMappings(plan, task);
          checkPages(plan, task);
        }
      });
      const restore = async (task: Task, context: StageContext) => {
        const { images, stub } = context;
        const runs = readPageRuns(images, task);
        const patch = new Patch(task, runs);
        await callTaps(patchMemory, patch);
        const vmas = task.mm.vmas.filter((vma) => kindOf(vma) === "private");
        const inherited = inheritedVmas(task);
        const content = contentOf(task, vmas, runs);
        const filled = new Set([...content.map(({ vma }) => vma), ...patch.touched(vmas)]);
        unmapAllBut(task, inherited, stub.restorerArea);
        mapAll(task, vmas, inherited, filled, service(OpenFiles));
        const isInherited = ({ vma }: VmaContent) => inherited.has(vma);
        if (inherited.size > 0) {
          mergePages(task, content.filter(isInherited), context, stub.scratch);
          dropForeignPages(images, task, inherited, runs);
        }
        fillPages(
          task,
          content.filter((piece) => !isInherited(piece)),
          context,
        );
        patch.apply();
        protectAll(task, filled);
        for (const vma of vmas) if (!inherited.has(vma)) advise(task, vma);
        installGuards(task);
      };
      stages.FORKING.task.tapPromise("private-memory", async (task, context) => {
        // The children of a helper must not inherit the memory of its parent.
        if (task.kind === "helper") unmapAllBut(task, new Set(), context.stub.restorerArea);
        if (task.survives && task.forks.length > 0) await restore(task, context);
      });
      stages.RESTORE.task.tapPromise("private-memory", async (task, context) => {
        if (task.survives && task.forks.length === 0) await restore(task, context);
      });
    },
  });
}

/** Refuses pages outside of private mappings. Runs and mappings are both in ascending order. */
function checkPages(plan: Plan, task: Task): void {
  const vmas = task.mm.vmas.filter((vma) => ["private", "aio", "vdso"].includes(kindOf(vma)));
  let next = 0;
  for (const run of readPageRuns(plan.images, task)) {
    const end = run.address + BigInt(run.pages * PAGE_SIZE);
    while (next < vmas.length && (vmas[next] as VmaEntry).end <= run.address) next++;
    let at = run.address;
    for (let n = next; at < end && n < vmas.length && (vmas[n] as VmaEntry).start <= at; n++)
      at = (vmas[n] as VmaEntry).end;
    if (at >= end) continue;
    plan.refuse({
      what: `pages at ${run.address.toString(16)}`,
      why: "they are not in a private mapping: the pagemap and mm images contradict each other",
      pid: task.pid,
    });
  }
}

/** Unmaps what came from the forker, except mappings that both have and the restorer area. */
function unmapAllBut(
  task: Task,
  kept: ReadonlySet<VmaEntry>,
  area: { readonly start: number; readonly length: number },
): void {
  const ranges = [...kept].map(({ start, end }) => ({ start: Number(start), end: Number(end) }));
  ranges.push({ start: area.start, end: area.start + area.length });
  ranges.sort((a, b) => a.start - b.start);
  let at = 0;
  for (const { start, end } of ranges) {
    if (start > at) task.call.munmap(at, start - at);
    at = end;
  }
  if (at < TASK_SIZE) task.call.munmap(at, TASK_SIZE - at);
}

/** Gives back inherited pages that only the forker had. */
function dropForeignPages(
  images: ImageSet,
  task: Task,
  inherited: ReadonlySet<VmaEntry>,
  runs: readonly PageRun[],
): void {
  if (task.forker === undefined) return;
  const theirs = readPageRuns(images, task.forker);
  for (const vma of inherited) {
    for (const { start, end } of pagesOnlyIn(theirs, runs, vma)) task.call.madvise(start, end - start, MADV.DONTNEED);
  }
}

/** Content, with the mapping that it is in. */
interface VmaContent extends Content {
  readonly vma: VmaEntry;
}

/** Cuts runs at the borders of mappings, and leaves out those of other mappings (the vdso). Both are in ascending order. */
function contentOf(task: Task, vmas: readonly VmaEntry[], runs: readonly PageRun[]): VmaContent[] {
  const content: VmaContent[] = [];
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
      const part = { ...run, address: from, pages: Number(to - from) / PAGE_SIZE, offset };
      const last = content.at(-1);
      const joined = last?.vma === vma ? joinRuns(last.run, part) : undefined;
      if (joined === undefined) content.push({ vma, run: part, hugePages: mayBecomeHuge(vma, task) });
      else content[content.length - 1] = { vma, run: joined, hugePages: last?.hugePages ?? false };
    }
  }
  return content;
}

/** Joins two runs that follow each other in memory and in the image: CRIU writes runs of at most 1 MiB. */
function joinRuns(first: PageRun, second: PageRun): PageRun | undefined {
  const length = first.pages * PAGE_SIZE;
  const follows = first.address + BigInt(length) === second.address && (first.offset ?? 0) + length === second.offset;
  if (!follows || first.pagesFile !== second.pagesFile || first.source !== second.source) return undefined;
  return { ...first, pages: first.pages + second.pages };
}

function mapAll(
  task: Task,
  vmas: readonly VmaEntry[],
  inherited: ReadonlySet<VmaEntry>,
  filled: ReadonlySet<VmaEntry>,
  files: OpenFiles,
): void {
  const open = new Map<bigint, Value>();
  for (const vma of vmas) {
    const prot = filled.has(vma) ? vma.prot | PROT.WRITE : vma.prot;
    const length = vma.end - vma.start;
    if (inherited.has(vma)) {
      if (prot !== vma.prot) task.call.mprotect(vma.start, length, prot);
      continue;
    }
    let file: Value = -1;
    let flags = vma.flags | MAP.FIXED_NOREPLACE;
    if (isFile(vma)) {
      file = open.get(vma.shmid) ?? files.open(task, Number(vma.shmid), O.RDONLY);
      open.set(vma.shmid, file);
    } else flags |= MAP.ANONYMOUS;
    const mapped = task.call.mmap(vma.start, length, prot, flags, file, isFile(vma) ? vma.pgoff : 0);
    if (hasHugePages(vma)) mapped.hint(HUGE_PAGES_HINT);
    if ((vma.flags & MAP.DROPPABLE) !== 0) mapped.hint("droppable mappings require Linux 6.11 or newer");
    mapped.expect(vma.start);
  }
  for (const file of open.values()) task.call.close(file);
}

function protectAll(task: Task, filled: ReadonlySet<VmaEntry>): void {
  for (const vma of filled) {
    if ((vma.prot & PROT.WRITE) === 0) task.call.mprotect(vma.start, vma.end - vma.start, vma.prot);
  }
}

/** Images have guard regions as mappings within others. */
function installGuards(task: Task): void {
  for (const vma of task.mm.vmas) {
    if (kindOf(vma) !== "guard") continue;
    task.call
      .madvise(vma.start, vma.end - vma.start, MADV.GUARD_INSTALL)
      .hint("guard regions require Linux 6.13 or newer");
  }
}

/** Can it have transparent huge pages? */
function mayBecomeHuge(vma: VmaEntry, task: Task): boolean {
  if (isFile(vma) || hasHugePages(vma) || task.mm.thp_disabled === true) return false;
  return !decodeAdvice(vma).includes(MADV.NOHUGEPAGE);
}
