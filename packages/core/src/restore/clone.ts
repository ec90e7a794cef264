import type { AddressRange } from "@restage/linux";
import type { Service } from "../plugin/service.ts";

/** A clone of a template, for plugins that give each one its own ports, names or secrets. */
export interface Clone {
  /** The number of this clone: 1 for the first of its template. */
  readonly number: number;
  /** What the caller says about this clone. */
  readonly values: Readonly<Record<string, string>>;
  /** What a tap of `template` has kept for all clones. */
  kept<T>(key: Service<T>): T | undefined;
}

/** What a template keeps for its clones. */
export class Kept {
  readonly #values = new Map<string, unknown>();
  readonly #occupied: AddressRange[] = [];

  get<T>(key: Service<T>): T | undefined {
    return this.#values.get(key.name) as T | undefined;
  }
  set<T>(key: Service<T>, value: T): void {
    this.#values.set(key.name, value);
  }

  /** Addresses with memory of the template, beside those that its tasks have themselves. */
  get occupied(): readonly AddressRange[] {
    return this.#occupied;
  }
  occupy(range: AddressRange): void {
    this.#occupied.push(range);
  }
}
