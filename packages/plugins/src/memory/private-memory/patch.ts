import { data, type MemoryPatch, type Task } from "@restage/core";
import { type PageRun, readPageBytes, type VmaEntry } from "@restage/images";
import { kindOf, printVma } from "../mappings/format.ts";

/** Collects what `patchMemory` taps write. It is applied once the pages are in place, while they are still writable. */
export class Patch implements MemoryPatch {
  readonly task: Task;
  readonly writes: { readonly address: bigint; readonly bytes: Uint8Array }[] = [];
  readonly #runs: readonly PageRun[];

  constructor(task: Task, runs: readonly PageRun[]) {
    this.task = task;
    this.#runs = runs;
  }

  read(address: bigint, length: number): Uint8Array | undefined {
    return readPageBytes(this.#runs, address, length);
  }

  write(address: bigint, bytes: Uint8Array): void {
    const vma = vmaAt(this.task.mm.vmas, address);
    if (vma === undefined || kindOf(vma) !== "private" || address + BigInt(bytes.length) > vma.end) {
      const where = vma === undefined ? "nothing is mapped there" : `it is in ${printVma(vma)}`;
      throw new RangeError(`Cannot write ${bytes.length} bytes at 0x${address.toString(16)}: ${where}`);
    }
    this.writes.push({ address, bytes });
  }

  /** The mappings that the taps write to. */
  touched(vmas: readonly VmaEntry[]): readonly VmaEntry[] {
    return this.writes.flatMap(({ address }) => vmaAt(vmas, address) ?? []);
  }

  apply(): void {
    for (const { address, bytes } of this.writes) this.task.copy(address, data(bytes));
  }
}

function vmaAt(vmas: readonly VmaEntry[], address: bigint): VmaEntry | undefined {
  return vmas.find((vma) => vma.start <= address && address < vma.end);
}
