import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Order } from "../orders/order.ts";
import { digestOf } from "../orders/signature.ts";

/**
 * The signed orders that a host has carried out. They are on its own disk, because everything that the server keeps can be removed and given again by those
 * who can write to it. Each is remembered until its signature expires.
 */
export class SpentOrders {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) {
      // A file without a time is new: its agent ended while it wrote it.
      if (Date.now() > Date.parse(readFileSync(join(directory, name), "utf8"))) rmSync(join(directory, name));
    }
  }

  has(order: Order): boolean {
    return statSync(this.#fileOf(order), { throwIfNoEntry: false }) !== undefined;
  }

  add(order: Order): void {
    writeFileSync(this.#fileOf(order), order.expires ?? "", { mode: 0o600 });
  }

  remove(order: Order): void {
    rmSync(this.#fileOf(order), { force: true });
  }

  #fileOf(order: Order): string {
    return join(this.#directory, digestOf(order));
  }
}
