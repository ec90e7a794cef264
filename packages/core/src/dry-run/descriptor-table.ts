/** The open descriptors of a process, as far as a recording knows them. */
export class DescriptorTable {
  readonly #open: Set<number>;

  constructor(open: Iterable<number> = []) {
    this.#open = new Set(open);
  }

  /** The table of a child that is forked without CLONE_FILES. */
  copy(): DescriptorTable {
    return new DescriptorTable(this.#open);
  }

  /** Opens the lowest free number, as the kernel does. */
  open(from = 0): number {
    let number = from;
    while (this.#open.has(number)) number++;
    this.#open.add(number);
    return number;
  }

  /** Opens the given number. */
  place(number: number): number {
    this.#open.add(number);
    return number;
  }

  close(first: number, last = first): void {
    for (const number of this.#open) if (first <= number && number <= last) this.#open.delete(number);
  }
}
