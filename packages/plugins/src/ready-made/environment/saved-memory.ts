import {
  type FoundText,
  findTexts,
  type ImageSource,
  type MmEntry,
  type PageRun,
  readPageBytes,
  readPagemap,
  type VmaEntry,
  windowsOf,
} from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { kindOf } from "../../memory/mappings/format.ts";

/** A word of memory that holds an address. */
export interface Pointer {
  readonly at: bigint;
  readonly to: bigint;
}

export const WORD = 8n;

/** The longest string that execve(2) passes on, with its NUL. Source: MAX_ARG_STRLEN in include/uapi/linux/binfmts.h. */
export const MAX_STRING = 32 * PAGE_SIZE;

/** The private memory of a task as the images have it. What they have no content for reads as undefined. */
export class SavedMemory {
  readonly mm: MmEntry;
  readonly #runs: readonly PageRun[];
  readonly #vmas: readonly VmaEntry[];
  readonly #pages = new Map<bigint, Buffer | undefined>();

  constructor(source: ImageSource, mm: MmEntry, pid: number) {
    this.mm = mm;
    this.#runs = readPagemap(source, `pagemap-${pid}.img`)?.runs ?? [];
    this.#vmas = mm.vmas.filter((vma) => kindOf(vma) === "private");
  }

  vmaAt(address: bigint): VmaEntry | undefined {
    return this.#vmas.find(({ start, end }) => start <= address && address < end);
  }

  bytes(address: bigint, length: number): Buffer | undefined {
    const parts: Buffer[] = [];
    for (let at = address, rest = length; rest > 0; ) {
      const offset = Number(at % BigInt(PAGE_SIZE));
      const part = this.#page(at - BigInt(offset))?.subarray(offset, offset + rest);
      if (part === undefined) return undefined;
      parts.push(part);
      at += BigInt(part.length);
      rest -= part.length;
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  word(address: bigint): bigint | undefined {
    return this.bytes(address, Number(WORD))?.readBigUInt64LE();
  }

  /** The string at an address, without its NUL. */
  text(address: bigint): string | undefined {
    const parts: string[] = [];
    for (let at = address; at < address + BigInt(MAX_STRING); ) {
      const offset = Number(at % BigInt(PAGE_SIZE));
      const rest = this.#page(at - BigInt(offset))?.subarray(offset);
      if (rest === undefined) return undefined;
      const end = rest.indexOf(0);
      parts.push(rest.toString("latin1", 0, end < 0 ? rest.length : end));
      if (end >= 0) return parts.join("");
      at += BigInt(rest.length);
    }
    return undefined;
  }

  find(texts: readonly Uint8Array[]): readonly FoundText[] {
    return findTexts(this.#vmas, this.#runs, texts);
  }

  /** Every aligned word that holds one of these addresses, in ascending order. */
  pointersTo(addresses: Iterable<bigint>): readonly Pointer[] {
    const sought = new Map<number, Map<number, bigint>>();
    for (const address of addresses) {
      const [low, high] = [Number(address & 0xffff_ffffn), Number(address >> 32n)];
      sought.set(high, (sought.get(high) ?? new Map()).set(low, address));
    }
    const found: Pointer[] = [];
    for (const { address, bytes } of windowsOf(this.#vmas, this.#runs)) {
      const halves = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      for (const [high, lows] of sought) {
        for (let n = 1; n < halves.length; n += 2) {
          if (halves[n] !== high) continue;
          const to = lows.get(halves[n - 1] as number);
          if (to !== undefined) found.push({ at: address + BigInt(4 * (n - 1)), to });
        }
      }
    }
    return found.sort((a, b) => Number(a.at - b.at));
  }

  #page(address: bigint): Buffer | undefined {
    if (!this.#pages.has(address)) {
      const bytes = this.vmaAt(address) && readPageBytes(this.#runs, address, PAGE_SIZE);
      this.#pages.set(address, bytes && Buffer.from(bytes.buffer));
    }
    return this.#pages.get(address);
  }
}
