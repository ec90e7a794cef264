import { readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { PARENT_LINK } from "@restage/images";
import { manifestKey } from "../store/manifest.ts";
import { pull } from "../store/pull.ts";
import { push } from "../store/push.ts";
import type { Task } from "./task.ts";

/** The directory of the last round: a whole checkpoint, on top of the rounds before it. */
export const LAST = "images";

/** The common name of the rounds that an order receives, in the store. */
export function roundsOf(receiving: string): string {
  return `migrate/${receiving}`;
}

/**
 * The images of a tree that migrates: rounds of memory, each with what the tree has changed since the one before, and a checkpoint on top of them. Each is
 * pushed alone, so that the other host has the earlier ones when the tree stops.
 */
export class Rounds {
  readonly #task: Task;
  /** Their common name in the store. */
  readonly #name: string;

  constructor(task: Task, name: string) {
    this.#task = task;
    this.#name = name;
  }

  /** Removes what an earlier attempt has left here. */
  clear(): void {
    const { directory } = this.#task.journal;
    for (const name of readdirSync(directory).filter((name) => /^\.?(round-|images)/.test(name)))
      rmSync(join(directory, name), { recursive: true, force: true });
  }

  directory(round: number | "last"): string {
    return this.#task.journal.path(round === "last" ? LAST : `round-${round}`);
  }

  async push(round: number | "last"): Promise<void> {
    const { store, key } = this.#task.place;
    await push(store, this.directory(round), this.#nameOf(round), { key, replace: true, parents: false });
  }

  async isThere(round: number | "last"): Promise<boolean> {
    return (await this.#task.place.store.names.get(manifestKey(this.#nameOf(round)))) !== undefined;
  }

  async pull(round: number | "last", before: number): Promise<void> {
    const { store, key } = this.#task.place;
    await pull(store, this.#nameOf(round), this.directory(round), { key });
    if (before > 0) symlinkSync(`../round-${before}`, join(this.directory(round), PARENT_LINK));
  }

  /** Bytes of memory in a round. */
  size(round: number): number {
    const directory = this.directory(round);
    const pages = readdirSync(directory).filter((name) => name.startsWith("pages-"));
    return pages.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  }

  /** Removes the names from the store. A garbage collection then frees their space. */
  async forget(): Promise<void> {
    const { names } = this.#task.place.store;
    const ours = manifestKey(`${this.#name}/`);
    for (const key of await names.keys(manifestKey(">"))) if (key.startsWith(ours)) await names.purge(key);
  }

  #nameOf(round: number | "last"): string {
    return `${this.#name}/${round}`;
  }
}
