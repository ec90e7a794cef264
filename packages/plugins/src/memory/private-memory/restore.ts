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
import { MADV, MAP, MREMAP, O, PAGE_SIZE, PROT, TASK_SIZE } from "@restage/linux/abi";
import { OpenFiles } from "../../files/open-files.ts";
import { HUGE_PAGES_HINT, hasHugePages } from "../huge-pages.ts";
import { advise } from "../mappings/advise.ts";
import { checkMappings } from "../mappings/check-mappings.ts";
import { decodeAdvice, isFile, kindOf } from "../mappings/format.ts";
import { fillPages, isLazy, mergePages, readPageRuns } from "../page-content.ts";
import { contentOf, type VmaContent } from "./content.ts";
import { HELD_MEMORY, holdMemory } from "./held.ts";
import { inheritedVmas, pagesOnlyIn } from "./inherited.ts";
import { lentBy, lentTo } from "./lent.ts";
import { Patch } from "./patch.ts";

/**
 * Private memory, anonymous and of files, with its content.
 *
 * Tasks with children restore it in FORKING: pages that parent and child share must be in place before the child is forked. All others restore it in
 * RESTORE, at the same time.
 *
 * A template holds the anonymous memory, and clones are forks of it. What a program asks the kernel to wipe in a fork (MADV_WIPEONFORK), usually the state
 * of a random generator, is empty in a clone.
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
    apply({ plan, template, stages, patchMemory, service, clone }) {
      /** Tasks whose memory was changed by taps: their children inherit it. */
      const patched = new Set<Task>();
      /** The addresses with memory that a template holds for the descendants of a task. */
      const ofOthers = (task: Task): readonly Region[] => {
        const { start, end } = clone?.kept(HELD_MEMORY)?.others ?? { start: 0, end: 0 };
        return task.forks.length === 0 || start === end ? [] : [{ start, length: end - start }];
      };
      // A template holds the memory of all tasks of a clone, and pages that come later are not there to be shared.
      const lends = ({ options }: StageContext) => clone === undefined && options.lazyPages === undefined;
      template.tapPromise("private-memory", holdMemory);
      plan.tap("private-memory", (plan) => {
        for (let source = plan.images.source.parent(); source !== undefined; source = source.parent()) {
          plan.serviceDescriptors.keepOpen(source.directory());
        }
        for (const task of plan.survivors) {
          checkMappings(plan, task);
          checkPages(plan, task);
          checkPresence(plan, task);
        }
      });
      const restore = async (task: Task, context: StageContext) => {
        const { images, stub } = context;
        const all = readPageRuns(images, task);
        const isLater = (run: PageRun) => context.options.lazyPages !== undefined && isLazy(run);
        const runs = all.filter((run) => !isLater(run));
        const patch = new Patch(task, all, isLater);
        await callTaps(patchMemory, patch);
        if (patch.writes.length > 0) patched.add(task);
        const vmas = task.mm.vmas.filter((vma) => kindOf(vma) === "private");
        const held = clone?.kept(HELD_MEMORY)?.of(task) ?? NOTHING_HELD;
        const lent = lends(context) ? lentTo(task) : NOTHING_LENT;
        const inherited = new Set([...inheritedVmas(task), ...lent.keys()].filter((vma) => !held.has(vma)));
        const present = new Set([...inherited, ...held.keys()]);
        const isWiped = (vma: VmaEntry) => clone !== undefined && decodeAdvice(vma).includes(MADV.WIPEONFORK);
        const isUnchanged = task.forker === undefined || !patched.has(task.forker);
        const changed = isUnchanged ? clone?.kept(HELD_MEMORY)?.changedContent(task, inherited) : undefined;
        const isOwn = ({ vma }: VmaContent) => changed === undefined || !inherited.has(vma);
        const missing = contentOf(task, vmas, runs).filter(({ vma }) => !held.has(vma) && !isWiped(vma));
        // Mappings that it lent to its parent come back with the fork.
        const isBack = ({ vma }: VmaContent) => lent.get(vma) === task;
        const content = [...missing.filter((piece) => isOwn(piece) && !isBack(piece)), ...(changed ?? [])];
        const filled = new Set([...content.map(({ vma }) => vma), ...patch.touched(vmas)]);
        unmapAllBut(task, [
          stub.restorerArea,
          ...ofOthers(task),
          ...[...inherited].map(rangeOf),
          ...[...held].map(([vma, at]) => ({ start: at, length: Number(vma.end - vma.start) })),
        ]);
        moveHeld(task, held);
        const onFault = new Set((images.own.task(task.pid)?.locked_on_fault ?? []).map(({ start }) => start));
        mapAll(task, vmas, { present, filled, onFault }, service(OpenFiles));
        const isInherited = ({ vma }: VmaContent) => inherited.has(vma);
        const isMerged = changed === undefined ? isInherited : () => false;
        mergePages(task, content.filter(isMerged), context, stub.scratch);
        if (inherited.size > 0) dropForeignPages(images, task, inherited, runs, lent);
        fillPages(
          task,
          content.filter((piece) => !isMerged(piece)),
          context,
        );
        patch.apply();
        protectAll(task, filled);
        for (const vma of vmas) if (!present.has(vma)) advise(task, vma);
        installGuards(task);
      };
      stages.FORKING.task.tapPromise("private-memory", async (task, context) => {
        // The children of a helper must not inherit the memory of its parent.
        if (task.kind === "helper") unmapAllBut(task, [context.stub.restorerArea, ...ofOthers(task)]);
        if (!task.survives || task.forks.length === 0) return;
        await restore(task, context);
        if (lends(context)) borrow(task, context);
      });
      stages.RESTORE.task.tapPromise("private-memory", async (task, context) => {
        if (task.survives && task.forks.length === 0) await restore(task, context);
        // Its descendants have taken theirs.
        if (lends(context)) for (const { vma } of lentBy(task)) task.call.munmap(vma.start, vma.end - vma.start);
        for (const { start, length } of ofOthers(task)) task.call.munmap(start, length);
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

/** Refuses pages that no image has, unless a daemon brings them. */
function checkPresence(plan: Plan, task: Task): void {
  if (plan.options.lazyPages !== undefined) return;
  if (readPageRuns(plan.images, task).every(({ offset }) => offset !== undefined)) return;
  plan.refuse({
    what: `memory of ${task.name}`,
    why: "its pages are with a page server (dumped with --lazy-pages)",
    hint: "start `restage lazy-pages --page-server --address IP --port PORT`, and restore with --lazy-pages",
    remedy: "options",
    pid: task.pid,
  });
}

/** Addresses of a task. */
interface Region {
  readonly start: number;
  readonly length: number;
}

const NOTHING_LENT: ReadonlyMap<VmaEntry, Task> = new Map();
const NOTHING_HELD: ReadonlyMap<VmaEntry, number> = new Map();

function rangeOf({ start, end }: VmaEntry): Region {
  return { start: Number(start), length: Number(end - start) };
}

/** Moves memory that a template holds to the task's own addresses. The root task finds it there. */
function moveHeld(task: Task, held: ReadonlyMap<VmaEntry, number>): void {
  for (const [vma, at] of held) {
    const length = vma.end - vma.start;
    if (BigInt(at) === vma.start) continue;
    task.call.mremap(at, length, length, MREMAP.MAYMOVE | MREMAP.FIXED, vma.start).expect(vma.start);
  }
}

/** Unmaps what came from the forker, except what the task or its children need of it. */
function unmapAllBut(task: Task, kept: readonly Region[]): void {
  const ranges = kept.map(({ start, length }) => ({ start, end: start + length })).sort((a, b) => a.start - b.start);
  let at = 0;
  for (const { start, end } of ranges) {
    if (start > at) task.call.munmap(at, start - at);
    at = Math.max(at, end);
  }
  if (at < TASK_SIZE) task.call.munmap(at, TASK_SIZE - at);
}

/** Maps and fills the mappings that the task's children share and the task no longer has. */
function borrow(task: Task, context: StageContext): void {
  for (const { vma, lender } of lentBy(task)) {
    const length = vma.end - vma.start;
    const flags = vma.flags | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE;
    task.call.mmap(vma.start, length, vma.prot | PROT.WRITE, flags, -1, 0).expect(vma.start);
    advise(task, vma);
    fillPages(task, contentOf(lender, [vma], readPageRuns(context.images, lender)), context);
    if ((vma.prot & PROT.WRITE) === 0) task.call.mprotect(vma.start, length, vma.prot);
  }
}

/** Gives back inherited pages that only the forker had. */
function dropForeignPages(
  images: ImageSet,
  task: Task,
  inherited: ReadonlySet<VmaEntry>,
  runs: readonly PageRun[],
  lent: ReadonlyMap<VmaEntry, Task>,
): void {
  if (task.forker === undefined) return;
  for (const vma of inherited) {
    const theirs = readPageRuns(images, lent.get(vma) ?? task.forker);
    for (const { start, end } of pagesOnlyIn(theirs, runs, vma)) task.call.madvise(start, end - start, MADV.DONTNEED);
  }
}

/** Mappings that need special treatment. */
interface MappingSets {
  /** Mappings that already exist. */
  readonly present: ReadonlySet<VmaEntry>;
  /** Mappings that will be written to. */
  readonly filled: ReadonlySet<VmaEntry>;
  /** Addresses of MLOCK_ONFAULT mappings. The duty `memory-locking` locks them later: if they were locked now, all their pages would be populated. */
  readonly onFault: ReadonlySet<bigint>;
}

function mapAll(
  task: Task,
  vmas: readonly VmaEntry[],
  { present, filled, onFault }: MappingSets,
  files: OpenFiles,
): void {
  const open = new Map<bigint, Value>();
  for (const vma of vmas) {
    const prot = filled.has(vma) ? vma.prot | PROT.WRITE : vma.prot;
    const length = vma.end - vma.start;
    if (present.has(vma)) {
      if (prot !== vma.prot) task.call.mprotect(vma.start, length, prot);
      continue;
    }
    let file: Value = -1;
    let flags = (onFault.has(vma.start) ? vma.flags & ~MAP.LOCKED : vma.flags) | MAP.FIXED_NOREPLACE;
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
