import { type DumpContext, definePlugin, type Mapping, type Plugin, type SeizedTask } from "@restage/core";
import { pageFlags } from "@restage/images";
import type { AddressRange, ProcessCopy } from "@restage/linux";
import { MAP } from "@restage/linux/abi";
import { canBeLazy, kindOf, type MappingKind } from "../mappings/format.ts";
import { copyTasks, isKeptFromChildren } from "./copies.ts";
import { EarlierPages } from "./earlier-pages.ts";
import { HeldPages, type Run } from "./held-pages.ts";
import { pagesOf } from "./pages-of.ts";

/** Content of private memory: the pages that a task has written, not those that it never touched or that are the same in a file. */
export function privateMemory(): Plugin {
  return definePlugin({
    name: "private-memory",
    duty: "private-memory",
    phases: {
      write:
        "saves pages and guard regions of private memory; with --leave-running, holds those of small tasks and copies large tasks, to save them later",
    },
    dump({ phases }) {
      let copies: ReadonlyMap<SeizedTask, ProcessCopy> = new Map();
      const heldPages = new HeldPages();
      phases.write.tree.tap("private-memory", (tree, context) => {
        if (context.options.leaveRunning && !context.dryRun) copies = copyTasks(tree, context);
      });
      phases.write.task.tap("private-memory", (task, context) => {
        const copy = copies.get(task);
        const found = findPages(task, context, copy !== undefined);
        const isLeft = copy !== undefined || !context.options.leaveRunning;
        // Pages that may be the same in an earlier checkpoint are compared with the task's own.
        const canBeHeld = !isLeft && context.images.parent === undefined;
        const held = canBeHeld ? heldPages.hold(task.hostPid, found, context.seizer) : undefined;
        const runs = isLeft ? found : held;
        if (runs === undefined) savePages(task, found, task.hostPid, context);
        else
          context.defer(task, () => {
            savePages(task, runs, copy?.pid ?? task.hostPid, context);
            copy?.end();
          });
      });
    },
  });
}

/** The kinds of mappings whose pages are saved here. Those of the vdso and of rings are saved whole. */
const SAVED: readonly MappingKind[] = ["private", "vdso", "aio"];

/** @param isCopied whether the pages are read from a copy. */
function findPages(task: SeizedTask, { seizer }: DumpContext, isCopied: boolean): readonly Run[] {
  const scan = seizer.scanPages(task.hostPid);
  try {
    return [...pagesOf(task.mappings.filter(isSaved), scan)].flatMap(({ mapping, range, own, guards }) => {
      const kind = kindOf(statusOf(mapping));
      task.guards.push(...guards);
      const { flags: mapped = 0 } = mapping.entry;
      const flags = canBeLazy({ ...statusOf(mapping), flags: mapped }) ? LAZY : PRESENT;
      const isKept = isCopied && (isKeptFromChildren(mapping) || kind === "aio");
      return (kind === "private" ? own : [range]).map(({ start, end }): Run => {
        const content = isKept ? seizer.readMemory(task.hostPid, start, end - start) : undefined;
        return { range: { start, end }, flags, content };
      });
    });
  } finally {
    scan.close();
  }
}

function isSaved(mapping: Mapping): boolean {
  return SAVED.includes(kindOf(statusOf(mapping))) && !isDroppable(mapping);
}

/** @param pid the task, or its copy. */
function savePages(task: SeizedTask, runs: readonly Run[], pid: number, context: DumpContext): void {
  const { images, host, seizer, options } = context;
  const pages = context.savePages({ kind: "pagemap", id: task.pid });
  const earlier = images.parent === undefined ? undefined : new EarlierPages(images.parent, task.pid, host);
  const inParent = new RunsInParent((range) => pages.add(range, pageFlags.PE_PARENT));
  try {
    for (const { range, content, flags } of runs) {
      const isLeft = options.lazyPages !== undefined && flags === LAZY;
      const parts = content === undefined ? earlier?.partsOf(range) : undefined;
      for (const part of parts ?? [{ range, earlier: undefined }]) {
        if (part.earlier === undefined) {
          inParent.end();
          pages.add(part.range, isLeft ? pageFlags.PE_LAZY : flags);
          if (content !== undefined) images.append(pages.content, content);
          else if (!isLeft) seizer.copyPages(pid, [part.range], pages.content);
          continue;
        }
        let at = part.range.start;
        for (const run of seizer.copyChangedPages(pid, part.range, part.earlier, pages.content)) {
          inParent.add({ start: at, end: run.start });
          inParent.end();
          pages.add(run, flags);
          at = run.end;
        }
        inParent.add({ start: at, end: part.range.end });
      }
    }
    inParent.end();
  } finally {
    earlier?.close();
    pages.close();
  }
}

/** Joins runs of pages that the parent has. */
class RunsInParent {
  readonly #emit: (range: AddressRange) => void;
  #last: AddressRange | undefined;

  constructor(emit: (range: AddressRange) => void) {
    this.#emit = emit;
  }

  add(range: AddressRange): void {
    if (range.start === range.end) return;
    if (this.#last?.end === range.start) {
      this.#last = { start: this.#last.start, end: range.end };
      return;
    }
    this.end();
    this.#last = range;
  }

  /** Ends the last run. */
  end(): void {
    if (this.#last !== undefined) this.#emit(this.#last);
    this.#last = undefined;
  }
}

const PRESENT = pageFlags.PE_PRESENT;
const LAZY = pageFlags.PE_PRESENT | pageFlags.PE_LAZY;

function statusOf({ entry: { status = 0 } }: Mapping) {
  return { status };
}

/** The kernel can take its pages at any time. It is for secrets such as the state of a random number generator, which must not come back twice. */
function isDroppable({ entry }: Mapping): boolean {
  return ((entry.flags ?? 0) & MAP.DROPPABLE) !== 0;
}
