/** Pages that a process does not have yet. */
export interface LazyRange {
  /** Addresses in the process now: [start, end). */
  readonly start: number;
  readonly end: number;
  /** The address of the first page at the checkpoint. */
  readonly image: number;
}

/** Pages that a process does not have yet, in the order of their addresses. They follow the process when it moves or drops memory. */
export class LazyRanges {
  #ranges: LazyRange[];

  constructor(ranges: Iterable<LazyRange> = []) {
    this.#ranges = [];
    for (const range of ranges) this.add(range);
  }

  get all(): readonly LazyRange[] {
    return this.#ranges;
  }
  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  has(address: number): boolean {
    return this.#at(address) !== undefined;
  }

  /** Adds a range, joined with its neighbours. It overlaps no other. */
  add({ start, end, image }: LazyRange): void {
    if (start >= end) return;
    const index = this.#indexOf(start);
    const [before, after] = [this.#ranges[index - 1], this.#ranges[index]];
    const first = before !== undefined && before.end === start && follows(before, image) ? before : undefined;
    const last = after !== undefined && after.start === end && after.image === image + end - start ? after : undefined;
    const joined = { start: first?.start ?? start, end: last?.end ?? end, image: first?.image ?? image };
    this.#ranges.splice(
      first === undefined ? index : index - 1,
      (first === undefined ? 0 : 1) + (last === undefined ? 0 : 1),
      joined,
    );
  }

  /** Takes out at most so many bytes from an address on, of one range. */
  takeAt(address: number, length: number): LazyRange | undefined {
    const range = this.#at(address);
    if (range === undefined) return undefined;
    return this.take(address, Math.min(range.end, address + length))[0];
  }

  /** Takes out at most so many bytes from the first range. */
  takeFirst(length: number): LazyRange | undefined {
    const [first] = this.#ranges;
    return first === undefined ? undefined : this.takeAt(first.start, length);
  }

  /** Takes out everything in [start, end). */
  take(start: number, end: number): readonly LazyRange[] {
    let index = this.#indexOf(start);
    if (index > 0 && (this.#ranges[index - 1] as LazyRange).end > start) index--;
    const taken: LazyRange[] = [];
    const rest: LazyRange[] = [];
    let count = 0;
    for (; index + count < this.#ranges.length; count++) {
      const range = this.#ranges[index + count] as LazyRange;
      if (range.start >= end) break;
      taken.push(part(range, Math.max(start, range.start), Math.min(end, range.end)));
      if (range.start < start) rest.push(part(range, range.start, start));
      if (range.end > end) rest.push(part(range, end, range.end));
    }
    this.#ranges.splice(index, count, ...rest);
    return taken;
  }

  /** Moves what is in [from, from + length) to another address. */
  move(from: number, to: number, length: number): void {
    const moved = this.take(from, from + length);
    this.take(to, to + length);
    const by = to - from;
    for (const { start, end, image } of moved) this.add({ start: start + by, end: end + by, image });
  }

  /** Where pages of the checkpoint are now: the first of these. */
  ofImage(image: number, end: number): LazyRange | undefined {
    for (const range of this.#ranges) {
      const [from, to] = [Math.max(image, range.image), Math.min(end, range.image + range.end - range.start)];
      if (from < to) return part(range, range.start + from - range.image, range.start + to - range.image);
    }
    return undefined;
  }

  #at(address: number): LazyRange | undefined {
    const index = this.#indexOf(address);
    const [before, here] = [this.#ranges[index - 1], this.#ranges[index]];
    if (here?.start === address) return here;
    return before !== undefined && before.end > address ? before : undefined;
  }

  /** The index of the first range that begins at or after an address. */
  #indexOf(address: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as LazyRange).start < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function follows({ start, end, image }: LazyRange, next: number): boolean {
  return image + end - start === next;
}

function part(range: LazyRange, start: number, end: number): LazyRange {
  return { start, end, image: range.image + start - range.start };
}
