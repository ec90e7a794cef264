import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { contentsOf, pagesOf, writeCheckpoint } from "../../packages/fleet/test/support/checkpoint.ts";
import { pick, run } from "./chaos.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** How many different pages checkpoints have, and how many each of them has: most are shared. */
const POOL = 512;
const PAGES = 256;
/** After how long a push is killed at the latest, in milliseconds. It takes about as long. */
const DURATION = 1500;

/** Pushes, replaces and removes checkpoints, and collects garbage meanwhile. Remembers what the store must have. */
export class BusyStore {
  readonly counts = { pushed: 0, interrupted: 0, removed: 0, collected: 0 };
  readonly #command: (...words: readonly string[]) => readonly string[];
  readonly #random: () => number;
  readonly #pool: readonly Uint8Array[];
  readonly #place: string = temporaryDirectory("busy-store");
  readonly #contents = new Map<string, Readonly<Record<string, string>>>();

  /** @param command a command line that runs the command. */
  constructor(command: (...words: readonly string[]) => readonly string[], random: () => number) {
    this.#command = command;
    this.#random = random;
    this.#pool = pagesOf(POOL, random);
  }

  /** Changes the store once. */
  async change(): Promise<void> {
    const collection = run(this.#command("store", "gc"));
    const name = `busy/${Math.floor(this.#random() * 8)}`;
    if (this.#contents.has(name) && this.#random() < 0.4) await this.#remove(name);
    else await this.#push(name);
    if ((await collection).code === 0) this.counts.collected += 1;
  }

  /** Pulls every checkpoint that must be there, and compares it with what was pushed. */
  async verify(): Promise<void> {
    for (const [name, contents] of this.#contents) {
      const directory = join(this.#place, "pulled");
      const { code, output } = await run(this.#command("pull", name, directory));
      expect(code, `pull ${name}: ${output}`).toBe(0);
      expect(contentsOf(directory), name).toEqual(contents);
      rmSync(directory, { recursive: true });
    }
  }

  async #push(name: string): Promise<void> {
    const directory = join(this.#place, "pushed");
    const start = Math.floor(this.#random() * (POOL - PAGES));
    const pages = Array.from({ length: PAGES }, (_, index) =>
      this.#random() < 0.02 ? pick(this.#pool, this.#random) : this.#pool[start + index],
    );
    writeCheckpoint(directory, pages as Uint8Array[], { "name.img": `${name} ${this.counts.pushed}` });
    const words = this.#command("push", directory, name, "--replace");
    if (this.#random() < 0.3) {
      const ending = new AbortController();
      const interrupted = run(words, ending.signal);
      await sleep(this.#random() * DURATION);
      ending.abort();
      await interrupted;
      this.counts.interrupted += 1;
    }
    while ((await run(words)).code !== 0);
    this.#contents.set(name, contentsOf(directory));
    this.counts.pushed += 1;
    rmSync(directory, { recursive: true });
  }

  async #remove(name: string): Promise<void> {
    // An attempt whose answer was lost has removed it.
    for (;;) {
      const { code, output } = await run(this.#command("store", "rm", name));
      if (code === 0 || /has no checkpoint/.test(output)) break;
    }
    this.#contents.delete(name);
    this.counts.removed += 1;
  }
}
