/** What a plugin's `plan` tap finds out, for its taps of later stages. */
export class Planned<T extends object> {
  #value: T | undefined;

  set(value: T): T {
    this.#value = value;
    return value;
  }

  /** Throws before the plan tap has run. */
  get value(): T {
    if (this.#value === undefined) throw new Error("The restore is not planned yet");
    return this.#value;
  }
}
