import { PAGE_SIZE } from "../abi/mman.ts";
import { type ProgramMemory, writeWord } from "../program/encode-x86-64.ts";
import { INTERPRETER_OFFSETS, interpreterCode } from "../program/interpreter-x86-64.ts";

/** The length of free addresses to look for. Only the used part is mapped. */
export const MOST_INJECTED = 1024 * 1024 * 1024;
const FIRST_SIZE = 64 * 1024;

/** The coordinator's copy of the memory that a process will map. It begins with the interpreter and grows as it is used. */
export class InjectedMemory implements ProgramMemory {
  readonly address: number;
  #bytes = new Uint8Array(FIRST_SIZE);
  #words = new Int32Array(this.#bytes.buffer);
  #used = PAGE_SIZE;

  constructor(address: number) {
    this.address = address;
    this.#bytes.set(interpreterCode());
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get words(): Int32Array {
    return this.#words;
  }
  /** The bytes to write to the process. */
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
