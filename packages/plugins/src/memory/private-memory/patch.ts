import { data, type MemoryPatch, type Task } from "@restage/core";
import { attributing } from "@restage/core/internal";
import { bytesOfContent, findTexts, type PageRun, readPageBytes, type VmaEntry } from "@restage/images";
import { PAGE_SIZE, PROT } from "@restage/linux/abi";
import { kindOf, printVma } from "../mappings/format.ts";

/** A write of a tap. */
interface PatchedBytes {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** The plugin whose tap wrote it; undefined outside of a stage. */
  readonly plugin: string | undefined;
}

/** Collects what `patchMemory` taps write. It is applied once the pages are in place, while they are still writable. */
export class Patch implements MemoryPatch {
  readonly task: Task;
  readonly writes: PatchedBytes[] = [];
  readonly #runs: readonly PageRun[];
  readonly #isLater: (run: PageRun) => boolean;

  /** @param isLater whether pages are not in place yet when the patch is applied. */
  constructor(task: Task, runs: readonly PageRun[], isLater: (run: PageRun) => boolean = () => false) {
    this.task = task;
    this.#runs = runs;
    this.#isLater = isLater;
  }

  find(text: string | Uint8Array): readonly bigint[] {
    const vmas = this.task.mm.vmas.filter((vma) => kindOf(vma) === "private");
    return findTexts(vmas, this.#runs, [bytesOfContent(text)]).map(({ address }) => address);
  }

  read(address: bigint, length: number): Uint8Array | undefined {
    return readPageBytes(this.#runs, address, length);
  }

  write(address: bigint, content: string | Uint8Array): void {
    const bytes = bytesOfContent(content);
    const plugin = this.task.program?.plugin;
    // A text can begin in one mapping and end in the next.
    for (let done = 0; done < bytes.length; ) {
      const at = address + BigInt(done);
      const vma = vmaAt(this.task.mm.vmas, at);
      if (vma === undefined || kindOf(vma) !== "private") {
        const where = vma === undefined ? "nothing is mapped there" : `it is in ${printVma(vma)}`;
        throw new RangeError(`Cannot write ${bytes.length - done} bytes at 0x${at.toString(16)}: ${where}`);
      }
      const part = Math.min(bytes.length - done, Number(vma.end - at));
      this.writes.push({ address: at, bytes: bytes.subarray(done, done + part), plugin });
      done += part;
    }
  }

  /** The mappings that the taps write to. */
  touched(vmas: readonly VmaEntry[]): readonly VmaEntry[] {
    return this.writes.flatMap(({ address }) => vmaAt(vmas, address) ?? []);
  }

  apply(): void {
    const later = this.writes.filter((write) => this.#touches(write, this.#isLater));
    for (const write of this.writes) if (!later.includes(write)) copyIn(this.task, write);
    if (later.length > 0) leftOver.set(this.task, later);
  }

  #touches({ address, bytes }: PatchedBytes, isMeant: (run: PageRun) => boolean): boolean {
    const end = address + BigInt(bytes.length);
    return this.#runs.some((run) => run.address < end && address < endOf(run) && isMeant(run));
  }
}

const leftOver = new WeakMap<Task, readonly PatchedBytes[]>();

/** Writes what patches had to leave for pages that come when they are touched. Each write brings its pages. */
export function applyLeftOver(task: Task): void {
  for (const write of leftOver.get(task) ?? []) {
    const vma = vmaAt(task.mm.vmas, write.address);
    const isReadOnly = vma !== undefined && (vma.prot & PROT.WRITE) === 0;
    if (isReadOnly) task.call.mprotect(vma.start, vma.end - vma.start, vma.prot | PROT.WRITE);
    copyIn(task, write);
    if (isReadOnly) task.call.mprotect(vma.start, vma.end - vma.start, vma.prot);
  }
}

/** Records a write as the work of the plugin that made it. */
function copyIn(task: Task, { address, bytes, plugin }: PatchedBytes): void {
  const copy = () => task.copy(address, data(bytes));
  if (task.program === undefined || plugin === undefined) copy();
  else attributing(task.program, plugin, copy);
}

function endOf({ address, pages }: PageRun): bigint {
  return address + BigInt(pages * PAGE_SIZE);
}

function vmaAt(vmas: readonly VmaEntry[], address: bigint): VmaEntry | undefined {
  return vmas.find((vma) => vma.start <= address && address < vma.end);
}
