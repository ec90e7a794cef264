import type { AddressRange } from "../abi/address-space.ts";
import { MAP, MFD, PAGE_SIZE, PROT } from "../abi/mman.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { checked } from "../host/system-error.ts";
import { type ProgramMemory, writeWord } from "../program/encode-x86-64.ts";
import { INTERPRETER_OFFSETS, interpreterCode } from "../program/interpreter-x86-64.ts";

/** Bytes of address space below the restorer area: for the parked vdso and vvar, and for memory that a task maps for its own use. */
export const PARKING_SIZE = 128 * 1024;
const SCRATCH_SIZE = 64 * 1024;

/** Bytes of address space for programs. Only used pages take memory. */
export const RESTORER_AREA_SIZE = 256 * 1024 * 1024;

/** After the interpreter. */
const BELL_OFFSET = PAGE_SIZE - 8;
const SLOTS_OFFSET = PAGE_SIZE;
const SLOT_SIZE = 8;
const MAX_SLOTS = 65536;
const HEAP_OFFSET = SLOTS_OFFSET + MAX_SLOTS * SLOT_SIZE;

/**
 * The initial length of the view: enough for the programs of 64 small tasks. Runtimes count a view as memory of their own and collect garbage because of it,
 * so it grows only as needed.
 */
const FIRST_VIEW = 1024 * 1024;

/**
 * Memory that the coordinator and all tasks map, named after CRIU's. Programs are written and results are read without a system call per
 * task, and forks copy no page of it. It holds the interpreter, a futex, a slot for each thread (the address of its next program), and the
 * programs.
 *
 * Layout in a task: [parking][scratch][interpreter][futex][slots][heap].
 */
export class RestorerArea implements ProgramMemory {
  /** The memfd. */
  readonly descriptor: number;
  /** Its address in tasks. */
  readonly address: number;
  /** Bytes of address space. */
  readonly size: number;
  readonly #raw: RawSyscalls;
  readonly #local: number;
  #bytes: Uint8Array;
  #words: Int32Array;
  #used = HEAP_OFFSET;
  #slots = 0;

  /** @param address its address in tasks. The PARKING_SIZE bytes below must be free too. */
  constructor(raw: RawSyscalls, address: number, size = RESTORER_AREA_SIZE) {
    this.#raw = raw;
    this.address = address;
    this.size = size;
    raw.scratch.set(new TextEncoder().encode("restage-restorer\0"));
    this.descriptor = checked(
      raw.syscall("memfd_create", raw.scratchAddress, MFD.CLOEXEC),
      "memfd_create",
      "make the restorer area",
    );
    checked(raw.syscall("ftruncate", this.descriptor, size), "ftruncate", "make the restorer area");
    const flags = MAP.SHARED | MAP.NORESERVE;
    const local = raw.syscall("mmap", 0, size, PROT.READ | PROT.WRITE, flags, this.descriptor, 0);
    this.#local = checked(local, "mmap", "map the restorer area");
    this.#bytes = this.#view(FIRST_VIEW);
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#bytes.set(interpreterCode());
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get words(): Int32Array {
    return this.#words;
  }

  /** The addresses of the parked mappings and of the area. */
  get region(): { readonly start: number; readonly length: number } {
    return { start: this.address - PARKING_SIZE, length: PARKING_SIZE + this.size };
  }
  get parking(): number {
    return this.address - PARKING_SIZE;
  }
  /** Addresses for a mapping of the task's own, next to the parked mappings. */
  get scratch(): AddressRange {
    return { start: this.address - SCRATCH_SIZE, end: this.address };
  }
  get entry(): number {
    return this.address + INTERPRETER_OFFSETS.entry;
  }
  /** The address of a bare `syscall` instruction. */
  get single(): number {
    return this.address + INTERPRETER_OFFSETS.single;
  }

  /** A futex on which the coordinator sleeps until a task rings: its addresses here and in tasks. Its value stays 0. */
  get bell(): { readonly here: number; readonly inTasks: number } {
    return { here: this.#local + BELL_OFFSET, inTasks: this.address + BELL_OFFSET };
  }

  /** Reserves a slot for one more thread. */
  addSlot(): Slot {
    if (this.#slots === MAX_SLOTS) throw new RangeError(`Cannot control more than ${MAX_SLOTS} threads`);
    const offset = SLOTS_OFFSET + SLOT_SIZE * this.#slots++;
    return { address: this.address + offset, set: (program) => writeWord(this.words, offset >> 2, program) };
  }

  /** Forgets all slots but the first, the template's. No other thread must use one. */
  keepFirstSlot(): void {
    this.#slots = 1;
  }

  allocate(size: number): number {
    const at = this.#used;
    if (at + size > this.size) {
      throw new RangeError(
        `Cannot place a program of ${size} bytes: ${this.size - at} bytes of the restorer area are free`,
      );
    }
    this.#used = (at + size + 7) & ~7;
    if (this.#used > this.#bytes.length) {
      this.#bytes = this.#view(Math.min(this.size, 2 ** Math.ceil(Math.log2(this.#used))));
      this.#words = new Int32Array(this.#bytes.buffer);
    }
    return at;
  }

  /** Forgets all programs. None must be running. */
  reset(): void {
    this.#used = HEAP_OFFSET;
  }

  /** Maps a longer view. Earlier views stay valid: they show the same memory. */
  #view(length: number): Uint8Array {
    return new Uint8Array(this.#raw.view(this.#local, length));
  }

  close(): void {
    this.#raw.syscall("munmap", this.#local, this.size);
    this.#raw.syscall("close", this.descriptor);
  }
}

/** The word in which a thread finds the address of its next program. */
export interface Slot {
  /** Its address in the task. */
  readonly address: number;
  /** Sets the address of the next program. */
  set(program: number): void;
}
