import { PAGE_SIZE } from "../abi/mman.ts";
import { type ProgramMemory, writeWord } from "../program/encode-x86-64.ts";
import { INTERPRETER_OFFSETS, interpreterCode } from "../program/interpreter-x86-64.ts";

/** The length of free addresses to look for. Only the used part is mapped. */
export const MOST_INJECTED = 1024 * 1024 * 1024;
const FIRST_SIZE = 64 * 1024;

/** The most code that a thread needs: its visit, with a probe, and its way home. */
const CODE_OF_THREAD = 1024;

/**
 * The coordinator's copy of the memory that a process will map. It begins with code, first of all the interpreter, and grows as it is used. Code has pages of
 * its own, because a process can be denied memory that is both writable and executable (PR_SET_MDWE).
 */
export class InjectedMemory implements ProgramMemory {
  readonly address: number;
  /** The length of the code, in whole pages. */
  readonly codeSize: number;
  #bytes: Uint8Array<ArrayBuffer>;
  #words: Int32Array<ArrayBuffer>;
  #codeUsed = PAGE_SIZE;
  #used: number;

  /** @param threads how many will run programs. */
  constructor(address: number, threads: number) {
    this.address = address;
    this.codeSize = PAGE_SIZE + Math.ceil((threads * CODE_OF_THREAD) / PAGE_SIZE) * PAGE_SIZE;
    this.#used = this.codeSize;
    this.#bytes = new Uint8Array(this.codeSize + FIRST_SIZE);
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#bytes.set(interpreterCode());
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get words(): Int32Array {
    return this.#words;
  }
  /** The part of it that is used. */
  get code(): Uint8Array {
    return this.#bytes.subarray(0, this.#codeUsed);
  }
  /** All bytes to write to the process. */
  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }
  /** Whole pages. */
  get size(): number {
    return Math.ceil(this.#used / PAGE_SIZE) * PAGE_SIZE;
  }
  get entry(): number {
    return this.address + INTERPRETER_OFFSETS.entry;
  }

  allocate(size: number): number {
    const at = this.#used;
    const end = (at + size + 7) & ~7;
    if (end > MOST_INJECTED) throw new RangeError(`Cannot place ${size} bytes in the memory of a task`);
    if (end > this.#bytes.length) this.#grow(end);
    this.#used = end;
    return at;
  }

  /** Returns the address in the process. */
  place(bytes: Uint8Array): number {
    const at = this.allocate(bytes.length);
    this.#bytes.set(bytes, at);
    return this.address + at;
  }

  /** Returns the address in the process. */
  placeCode(bytes: Uint8Array): number {
    const at = this.#codeUsed;
    this.#codeUsed = (at + bytes.length + 7) & ~7;
    if (this.#codeUsed > this.codeSize) throw new RangeError(`Cannot place ${bytes.length} bytes of code in a task`);
    this.#bytes.set(bytes, at);
    return this.address + at;
  }

  /** Returns the address in the process. */
  placeWord(value: number): number {
    const at = this.allocate(8);
    writeWord(this.#words, at >> 2, value);
    return this.address + at;
  }

  /** Takes over what the process has written. @param content as long as ours. */
  update(content: Uint8Array): void {
    this.#bytes.set(content);
  }

  /** Whether an address is in the interpreter. */
  isInInterpreter(address: number): boolean {
    return address >= this.address && address < this.address + PAGE_SIZE;
  }
  isInside(address: number): boolean {
    return address >= this.address && address < this.address + this.size;
  }

  #grow(least: number): void {
    const bytes = new Uint8Array(2 ** Math.ceil(Math.log2(least)));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#words = new Int32Array(bytes.buffer);
  }
}
