import { defineService, type ImageSet, type Service, type Task, type TemplateContext } from "@restage/core";
import type { PageRun, VmaEntry } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { MAP, PROT } from "@restage/linux/abi";
import { advise } from "../mappings/advise.ts";
import { isFile } from "../mappings/format.ts";
import { type Content, fillPages, HUGE_PAGE, readPageRuns } from "../page-content.ts";
import { changedPages } from "./changed-pages.ts";
import { contentOf, type VmaContent } from "./content.ts";
import { guardsOf, inheritedVmas, isAlike, isPassedOn, overlaps } from "./inherited.ts";

/** Every fork in a clone passes on the mappings of others: with more of them it takes longer than reading small ones again. */
const MOST_OF_OTHERS = 256;

/** A mapping of a task in the memory of a template, and so of every task of a clone until it has its own. */
interface Held {
  readonly vma: VmaEntry;
  /** Its address there: its own for the root task. */
  readonly at: number;
}

/** The anonymous private memory of a tree, with its content, in the stub of a template. Clones get it by fork, and write to copies. */
export class HeldMemory {
  readonly #byTask = new Map<number, ReadonlyMap<bigint, Held>>();
  readonly #compared = new Map<number, Compared>();
  /** The addresses with the memory of all tasks but the root; empty if there is none. */
  others: AddressRange = { start: 0, end: 0 };

  add(task: Task, held: readonly Held[]): void {
    this.#byTask.set(task.pid, new Map(held.map((each) => [each.vma.start, each])));
  }

  compare(task: Task, images: ImageSet): void {
    if (task.forker === undefined) return;
    const vmas = [...inheritedVmas(task)];
    if (vmas.length === 0) return;
    const changed = changedPages(task, vmas, readPageRuns(images, task), readPageRuns(images, task.forker));
    this.#compared.set(task.pid, { vmas: new Map(vmas.map((vma) => [vma.start, vma])), changed });
  }

  /**
   * The content of mappings that a task of a clone inherits, without the pages that are equal in its forker. Undefined if a plugin has changed one of the
   * mappings.
   */
  changedContent(task: Task, inherited: ReadonlySet<VmaEntry>): readonly VmaContent[] | undefined {
    const compared = this.#compared.get(task.pid);
    if (compared === undefined) return undefined;
    const vmas = [...inherited];
    const isKnown = (vma: VmaEntry) => {
      const other = compared.vmas.get(vma.start);
      return other !== undefined && isAlike(other, vma);
    };
    return vmas.every(isKnown) ? contentOf(task, vmas, compared.changed) : undefined;
  }

  /** Where a task of a clone finds its mappings: those that no plugin has changed. */
  of(task: Task): ReadonlyMap<VmaEntry, number> {
    const byStart = this.#byTask.get(task.pid);
    const guards = guardsOf(task);
    const found = new Map<VmaEntry, number>();
    for (const vma of byStart === undefined ? [] : task.mm.vmas) {
      const held = byStart?.get(vma.start);
      if (held !== undefined && isAlike(held.vma, vma) && !overlaps(vma, guards)) found.set(vma, held.at);
    }
    return found;
  }
}

/** Inherited mappings of a task, by their addresses, and the pages whose content differs. */
interface Compared {
  readonly vmas: ReadonlyMap<bigint, VmaEntry>;
  readonly changed: readonly PageRun[];
}

export const HELD_MEMORY: Service<HeldMemory> = defineService<HeldMemory>("held-memory");

/**
 * Restores the memory of all tasks into the stub of a template. The root task's is at its own addresses. That of others is elsewhere, and they move it:
 * they may use the same addresses. Inherited memory is compared once. Mappings of files are left to each clone, in its own mount namespace.
 */
export async function holdMemory(template: TemplateContext): Promise<void> {
  const { images, stub, tree } = template;
  const memory = new HeldMemory();
  for (const [task, mappings] of choose(template, memory)) {
    memory.add(task, mappings);
    for (const { vma, at, content } of mappings) {
      const length = vma.end - vma.start;
      const flags = vma.flags | MAP.ANONYMOUS | MAP.FIXED_NOREPLACE;
      stub.call.mmap(at, length, vma.prot | PROT.WRITE, flags, -1, 0).expect(at);
      fillPages(stub, content, { images, serviceDescriptors: template.serviceDescriptors });
      if ((vma.prot & PROT.WRITE) === 0) stub.call.mprotect(at, length, vma.prot);
      advise(stub, { ...vma, start: BigInt(at), end: BigInt(at) + length });
    }
    await stub.flush();
  }
  for (const task of tree.tasks) if (task.survives) memory.compare(task, images);
  template.keep(HELD_MEMORY, memory);
}

/** A mapping to hold, with its content where it will be. */
interface Chosen extends Held {
  readonly content: readonly Content[];
}

/** Chooses mappings, and where to put them. */
function choose({ tree, images, stub, occupy }: TemplateContext, memory: HeldMemory): Map<Task, readonly Chosen[]> {
  const { root } = tree;
  const survivors = tree.tasks.filter((task) => task.survives);
  const candidates = survivors.flatMap((task) => candidatesOf(images, task));
  const others = candidates.filter(({ task }) => task !== root).sort((a, b) => b.pages - a.pages);
  const kept = new Set(others.slice(0, MOST_OF_OTHERS));
  const size = others.reduce((sum, { vma }) => sum + roomOf(vma), 0);
  let next = size === 0 ? 0 : stub.freeAddress(size);
  memory.others = { start: next, end: next + size };
  if (size > 0) occupy(memory.others);
  const chosen = new Map<Task, Chosen[]>();
  for (const { task, vma, content } of candidates.filter((each) => each.task === root || kept.has(each))) {
    // Huge pages stay whole only if a move does not change their place within 2 MiB.
    const at = task === root ? Number(vma.start) : next + HUGE_PAGE + (Number(vma.start) % HUGE_PAGE);
    if (task !== root) next += roomOf(vma);
    const moved = BigInt(at) - vma.start;
    const there = content.map(({ run, hugePages }) => ({ run: { ...run, address: run.address + moved }, hugePages }));
    const mapping = { vma, at, content: there };
    const known = chosen.get(task);
    if (known === undefined) chosen.set(task, [mapping]);
    else known.push(mapping);
  }
  return chosen;
}

/** Address space for a mapping, with the gap that the kernel keeps below a stack. */
function roomOf({ start, end }: VmaEntry): number {
  return Math.ceil(Number(end - start) / HUGE_PAGE) * HUGE_PAGE + 2 * HUGE_PAGE;
}

/** A mapping that a template could hold. */
interface Candidate {
  readonly task: Task;
  readonly vma: VmaEntry;
  readonly content: readonly Content[];
  /** Of the content. */
  readonly pages: number;
}

/** Memory with content that a child gets from its parent by fork, and that the task does not have from its parent anyway. */
function candidatesOf(images: ImageSet, task: Task): readonly Candidate[] {
  const inherited = inheritedVmas(task);
  const guards = guardsOf(task);
  const vmas = task.mm.vmas.filter(
    (vma) => isPassedOn(vma) && !isFile(vma) && (vma.flags & MAP.DROPPABLE) === 0 && !inherited.has(vma),
  );
  const contents = new Map<VmaEntry, Content[]>();
  for (const piece of contentOf(task, vmas, readPageRuns(images, task))) {
    const known = contents.get(piece.vma);
    if (known === undefined) contents.set(piece.vma, [piece]);
    else known.push(piece);
  }
  return [...contents]
    .filter(([vma]) => !overlaps(vma, guards))
    .map(([vma, content]) => ({ task, vma, content, pages: content.reduce((sum, { run }) => sum + run.pages, 0) }));
}
