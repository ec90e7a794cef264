/** A value that a plugin's `plan` tap computes for its taps of later stages. */
export class Planned<T extends object> {
  #value: T | undefined;

  set(value: T): T {
    this.#value = value;
    return value;
  }

  /** Throws before the plan tap has run. */
  get value(): T {
    if (this.#value === undefined) throw new Error("Cannot read a value of the plan before the plan tap has run");
    return this.#value;
  }
}
