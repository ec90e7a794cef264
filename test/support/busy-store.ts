import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { collect, openStore, pull, push, remove } from "../../packages/fleet/src/mod.ts";
import { contentsOf, pagesOf, writeCheckpoint } from "../../packages/fleet/test/support/checkpoint.ts";
import { pick } from "./chaos.ts";
import type { Desk } from "./desk.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** How many different pages checkpoints have, and how many each of them has: most are shared. */
const POOL = 512;
const PAGES = 256;
/** How many pages a checkpoint has that no other one has. */
const OWN = 64;
/** After how long the connection of a push is closed at the latest, in milliseconds. It takes about as long. */
const DURATION = 200;
/** The longest pause between two collections and two changes, in milliseconds. */
const PAUSE = 200;

/** Pushes, replaces and removes checkpoints, and collects garbage meanwhile. Remembers what the store must have. */
export class BusyStore {
  readonly counts = { pushed: 0, interrupted: 0, removed: 0, collected: 0 };
  readonly #desk: Desk;
  readonly #random: () => number;
  readonly #pool: readonly Uint8Array[];
  readonly #place: string = temporaryDirectory("busy-store");
  readonly #contents = new Map<string, Readonly<Record<string, string>>>();

  constructor(desk: Desk, random: () => number) {
    this.#desk = desk;
    this.#random = random;
    this.#pool = pagesOf(POOL, random);
  }

  /** Changes the store once. */
  async change(): Promise<void> {
    const name = `busy/${Math.floor(this.#random() * 8)}`;
    if (this.#contents.has(name) && this.#random() < 0.4) await this.#remove(name);
    else await this.#push(name);
    await sleep(this.#random() * PAUSE);
  }

  /** Collects garbage. */
  async collect(): Promise<void> {
    // A manifest can be removed while a collection reads it.
    if (await succeeds(() => collect(this.#desk.store))) this.counts.collected += 1;
    await sleep(this.#random() * PAUSE);
  }

  /** Pulls every checkpoint that must be there, and compares it with what was pushed. */
  async verify(): Promise<void> {
    for (const [name, contents] of this.#contents) {
      const directory = join(this.#place, "pulled");
      await pull(this.#desk.store, name, directory);
      expect(contentsOf(directory), name).toEqual(contents);
      rmSync(directory, { recursive: true });
    }
  }

  async #push(name: string): Promise<void> {
    const directory = join(this.#place, "pushed");
    const start = Math.floor(this.#random() * (POOL - PAGES));
    const shared = this.#pool.slice(start, start + PAGES).map((page) => {
      return this.#random() < 0.02 ? pick(this.#pool, this.#random) : page;
    });
    const pages = [...shared, ...pagesOf(OWN, this.#random)];
    writeCheckpoint(directory, pages, { "name.img": `${name} ${this.counts.pushed}` });
    // The server can be down at that moment.
    if (this.#random() < 0.3 && (await succeeds(() => this.#interrupt(directory, name)))) this.counts.interrupted += 1;
    while (!(await succeeds(() => push(this.#desk.store, directory, name, { replace: true }))));
    this.#contents.set(name, contentsOf(directory));
    this.counts.pushed += 1;
    rmSync(directory, { recursive: true });
  }

  /** Starts a push whose connection is closed before it has ended, or soon after. */
  async #interrupt(directory: string, name: string): Promise<void> {
    const connection = await this.#desk.connect();
    const ended = openStore(connection)
      .then((store) => push(store, directory, name, { replace: true }))
      .catch(() => {});
    await sleep(this.#random() * DURATION);
    await connection.close();
    await ended;
  }

  async #remove(name: string): Promise<void> {
    // An attempt whose answer was lost has removed it.
    while (!(await succeeds(() => remove(this.#desk.store, name), /has no checkpoint/)));
    this.#contents.delete(name);
    this.counts.removed += 1;
  }
}

async function succeeds(work: () => Promise<unknown>, accepted = /^$/): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    return accepted.test(String(error));
  }
}
