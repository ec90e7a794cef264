import { setTimeout as sleep } from "node:timers/promises";
import { RestoreError } from "../../../packages/core/src/mod.ts";
import { isOver, newOrder, type Order, type OrderRecord, submit } from "../../../packages/fleet/src/mod.ts";
import { pick } from "../../support/chaos.ts";
import type { Desk } from "../../support/desk.ts";

/** The checkpoint from which all trees come. */
export const START = "start/one";
/** How many orders are open at a time: more than two agents carry out. */
const OPEN = 12;
const INTERVAL = 50;
/** The longest pause between two orders, in milliseconds: others fail meanwhile. */
const PAUSE = 800;

/** Gives orders at random: restores trees, and saves and stops them. */
export class Orders {
  readonly given: Order[] = [];
  readonly #desk: Desk;
  readonly #random: () => number;

  constructor(desk: Desk, random: () => number) {
    this.#desk = desk;
    this.#random = random;
  }

  /** Gives a number of orders. */
  async give(count: number): Promise<void> {
    while (this.given.length < count) {
      while ((await this.records()).filter((record) => !isOver(record)).length >= OPEN) await sleep(INTERVAL);
      for (const order of await this.#next()) {
        this.given.push(order);
        // Every third order is given twice: its id is known then.
        for (let times = this.#random() < 0.3 ? 2 : 1; times > 0; times -= 1) await this.#submit(order);
      }
      await sleep(this.#random() * PAUSE);
    }
  }

  async records(): Promise<readonly OrderRecord[]> {
    return await insist(() => this.#desk.fleet.ledger.list());
  }

  async #next(): Promise<readonly Order[]> {
    const number = this.given.length;
    const kind = pick(["restore", "restore", "restore", "checkpoint", "stop"] as const, this.#random);
    const trees = await insist(() => this.#desk.fleet.trees.list());
    const running = trees.filter(({ state }) => state === "running");
    // Some trees have ended: these orders fail.
    const chosen = () => pick(this.#random() < 0.9 && running.length > 0 ? running : trees, this.#random);
    if (kind === "restore" || trees.length === 0)
      return [newOrder({ kind: "restore", id: `tree-${number}`, checkpoint: START })];
    // Two trees can be saved under the same name at once: one of the orders fails then.
    const count = kind === "checkpoint" && this.#random() < 0.4 ? 2 : 1;
    return Array.from({ length: count }, chosen).map(({ name, host }, index) => {
      const order = { kind, id: `${kind}-${number}-${index}`, tree: name, labels: { host } };
      return newOrder(kind === "stop" ? order : { ...order, checkpoint: `saved/${number}` });
    });
  }

  async #submit(order: Order): Promise<void> {
    await insist(() => submit(this.#desk.fleet, order));
  }
}

/** Repeats a request until the server answers it. */
async function insist<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (error instanceof RestoreError && error.code !== "ERR_STORE") throw error;
      await sleep(INTERVAL);
    }
  }
}
