import { PAGE_SIZE } from "@restage/linux/abi";
import { type LazyRange, LazyRanges } from "./lazy-ranges.ts";
import type { PageSource } from "./page-source.ts";
import type { WatchedMemory } from "./watched-memory.ts";

/** A thread that waits for a page is likely to need the next ones. */
const AT_FAULT = 16 * PAGE_SIZE;
/** The number of bytes in the background at once: the less, the sooner after a thread had to wait. These are CRIU's numbers. */
const LEAST = 64 * 1024;
const MOST = 4 * 1024 * 1024;

/** A process that gets its pages while it runs. */
export class LazyTask {
  /** Its pid at the checkpoint, or that of the process that it was forked from. */
  readonly pid: number;
  readonly memory: WatchedMemory;
  /** Called when it has forked, with its child's memory and the pages that the child does not have. */
  readonly #forked: (child: number, missing: LazyRanges) => void;
  readonly #source: PageSource;
  /** Pages that nobody has asked for. */
  readonly #waiting: LazyRanges;
  /** Pages that have been asked for and are not there yet. */
  readonly #asked = new LazyRanges();
  /** Addresses at which threads wait. */
  #faults: number[] = [];
  #chunk = LEAST;
  #ended = false;

  constructor(
    pid: number,
    memory: WatchedMemory,
    waiting: LazyRanges,
    source: PageSource,
    forked: (child: number, missing: LazyRanges) => void,
  ) {
    this.pid = pid;
    this.memory = memory;
    this.#waiting = waiting;
    this.#source = source;
    this.#forked = forked;
  }

  /** Whether it has all pages, or has ended. */
  get isComplete(): boolean {
    return this.#ended || (this.#waiting.isEmpty && this.#asked.isEmpty);
  }
  /** The pages that it does not have. */
  get missing(): readonly LazyRange[] {
    return [...this.#waiting.all, ...this.#asked.all];
  }

  /** Follows what the process did to its memory, and brings the pages for which its threads wait. */
  serve(): void {
    this.#readEvents();
    for (let address = this.#faults.shift(); address !== undefined && !this.#ended; address = this.#faults.shift())
      this.#bringAt(address);
  }

  /** Whether there are pages to bring, and none on their way. */
  get canBringMore(): boolean {
    return !this.#ended && this.#asked.isEmpty && !this.#waiting.isEmpty;
  }

  /** Brings pages that no thread waits for. */
  bringMore(): void {
    const range = this.#waiting.takeFirst(this.#chunk);
    this.#chunk = Math.min(MOST, this.#chunk + LEAST);
    if (range !== undefined) this.#ask(range);
  }

  #readEvents(): void {
    for (const event of this.memory.readEvents()) {
      switch (event.kind) {
        case "fault":
          this.#faults.push(event.address - (event.address % PAGE_SIZE));
          break;
        case "fork":
          this.#forked(event.descriptor, new LazyRanges(this.missing));
          break;
        case "move":
          for (const ranges of [this.#waiting, this.#asked]) ranges.move(event.from, event.to, event.length);
          break;
        case "remove":
          // Touched again, they are zeros.
          this.memory.unwatch(event.start, event.end);
          this.#drop(event.start, event.end);
          break;
        case "unmap":
          this.#drop(event.start, event.end);
          break;
      }
    }
  }

  #drop(start: number, end: number): void {
    for (const ranges of [this.#waiting, this.#asked]) ranges.take(start, end);
  }

  #bringAt(address: number): void {
    if (this.#asked.has(address)) return;
    this.#chunk = LEAST;
    const range = this.#waiting.takeAt(address, AT_FAULT);
    if (range !== undefined) {
      this.#ask(range);
      return;
    }
    const how = this.memory.fillZeros(address);
    if (how === "ended") this.#end();
    if (how !== "changed") return;
    // It may have moved; then the thread waits at another address, and the kernel says so.
    this.#faults.push(address);
    this.#readEvents();
  }

  #ask(range: LazyRange): void {
    this.#asked.add(range);
    this.#source.request(this.pid, range.image, range.end - range.start, (image, length, address) => {
      this.#arrived(image, length, address);
    });
  }

  /** Copies pages to where they belong now: the process may have moved or dropped them since they were asked for. */
  #arrived(image: number, length: number, address: number): void {
    while (!this.#ended) {
      const range = this.#asked.ofImage(image, image + length);
      if (range === undefined) return;
      const { done, how } = this.memory.fill(range.start, address + range.image - image, range.end - range.start);
      this.#asked.take(range.start, range.start + done);
      if (how === "ended") this.#end();
      if (how === "changed") this.#readEvents();
    }
  }

  #end(): void {
    this.#ended = true;
    this.#faults = [];
  }
}
