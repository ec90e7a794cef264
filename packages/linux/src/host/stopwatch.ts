/** The longest time between two readings that counts in full, in milliseconds. */
const LONGEST_STEP = 100;

/**
 * Measures how long this process has waited for others. It must be read often. Time in which this process itself was stopped, or had no processor,
 * counts as one short step: the others may have finished meanwhile without being noticed.
 */
export class Stopwatch {
  #last = performance.now();
  #sum = 0;

  milliseconds(): number {
    const now = performance.now();
    this.#sum += Math.min(now - this.#last, LONGEST_STEP);
    this.#last = now;
    return this.#sum;
  }
}
