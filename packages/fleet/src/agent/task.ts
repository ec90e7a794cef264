import { setTimeout as sleep } from "node:timers/promises";
import { RestoreError, type RestoreErrorData } from "@restage/core";
import type { Fleet } from "../fleet.ts";
import type { TreeCard } from "../hosts/trees.ts";
import type { Order } from "../orders/order.ts";
import type { OrderEvent, OrderRecord, Result } from "../orders/state.ts";
import type { StoreKey } from "../store/seal.ts";
import type { Store } from "../store/store.ts";
import { awaitCommand, CONFIRM_FD, type CommandEvent, type Confirm, type Outcome, runCommand } from "./command.ts";
import type { Journal } from "./journal.ts";
import { configWords, type Policy } from "./policy.ts";
import { goesOn, isAlive, type ProcessId } from "./processes.ts";
import type { SpentOrders } from "./spent.ts";
import type { Templates } from "./templates.ts";

const PAUSE = 500;

/** Where orders are carried out. */
export interface Workplace {
  readonly fleet: Fleet;
  readonly store: Store;
  readonly key: StoreKey | undefined;
  readonly policy: Policy;
  /** The words that run `restage`. */
  readonly command: readonly string[];
  readonly host: string;
  /** For how many milliseconds a command of an order can run. */
  readonly limit: number;
  readonly templates: Templates;
  readonly spent: SpentOrders;
  /** Changes the record of an order, and tells users. */
  readonly apply: (id: string, event: OrderEvent) => Promise<OrderRecord | undefined>;
}

/** A failure that ends an order: another attempt would be wrong. */
export class FinalFailure extends Error {
  readonly error: RestoreErrorData;

  constructor(error: RestoreErrorData) {
    super(error.message);
    this.error = error;
  }
}

/** A failure after which nothing is left of the attempt. */
export class AttemptFailure extends FinalFailure {}

export interface RunOptions {
  /** Answers what the command asks. */
  readonly confirm?: Confirm;
  /** Whether the command takes a configuration. */
  readonly config?: boolean;
}

/** An order that this host has taken. */
export class Task {
  readonly order: Order;
  readonly token: string;
  readonly journal: Journal;
  readonly place: Workplace;
  /** What was signed, for a host that asks for signatures. */
  readonly #given: Order | undefined;

  constructor(place: Workplace, order: Order, token: string, journal: Journal, given?: Order) {
    this.place = place;
    this.#given = given;
    this.order = order;
    this.token = token;
    this.journal = journal;
  }

  /** Makes this host the one that carries the order out. Returns false if the order is no longer ours. */
  async commit(result: Result): Promise<boolean> {
    this.#spend();
    const record = await this.place.apply(this.order.id, { kind: "commit", token: this.token, result });
    if (record === undefined && this.#given !== undefined) this.place.spent.remove(this.#given);
    return record !== undefined;
  }

  /** Records what the order has achieved. */
  async finish(result: Result): Promise<void> {
    this.#spend();
    await this.place.apply(this.order.id, { kind: "finish", token: this.token, result });
  }

  /** From now on, this host does not begin with the order, even if its record is removed. */
  #spend(): void {
    if (this.#given !== undefined) this.place.spent.add(this.#given);
  }

  /** Repeats a request until the server answers it: before that, nobody can know how something was decided. */
  async insist<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await request();
      } catch (error) {
        this.tell({ kind: "note", text: String(error) });
        await sleep(PAUSE);
      }
    }
  }

  /** Runs `restage` for this order. */
  async run(words: readonly string[], { confirm, config = true }: RunOptions = {}): Promise<Outcome> {
    return await runCommand({
      words: [
        ...this.place.command,
        ...words,
        ...(config ? configWords(this.place.policy, this.order.config) : []),
        ...(confirm === undefined ? [] : ["--confirm-fd", String(CONFIRM_FD)]),
      ],
      environment: { RESTAGE_ORDER: this.order.id, RESTAGE_TREE: this.order.tree },
      directory: this.journal.directory,
      onStart: (id) => {
        this.journal.process = id;
      },
      limit: this.place.limit,
      ...(confirm === undefined ? {} : { confirm }),
      onEvent: (event) => this.tell(event),
    });
  }

  /** Waits for the command that an earlier agent started for this order. Undefined if it did not start one. */
  async awaitCommand(): Promise<Outcome | undefined> {
    const { process, directory } = this.journal;
    return process === undefined ? undefined : await awaitCommand(process, directory, this.place.limit);
  }

  /** Publishes the events that say how far it is. */
  tell(event: CommandEvent): void {
    if (!TOLD.has(String(event["kind"]))) return;
    const { host, fleet } = this.place;
    fleet.queue.tell(this.order.id, { at: new Date().toISOString(), host, ...event });
  }

  /** The tree that the order is about. Throws a failure if it does not run here. */
  async treeHere(): Promise<TreeCard> {
    const { fleet, host } = this.place;
    const name = this.order.tree;
    const tree = await fleet.trees.find(name);
    const why =
      tree === undefined
        ? "the fleet has not started it"
        : tree.host !== host
          ? `it runs on ${tree.host}`
          : tree.state === "running" && isAlive(tree)
            ? undefined
            : "it has ended";
    if (tree !== undefined && why === undefined) return tree;
    const hint = "`restage fleet ps` lists the trees";
    throw new FinalFailure(new RestoreError("ERR_ORDER", `Cannot find the tree ${name}: ${why}`, { hint }).toJSON());
  }

  async isTreeHere(): Promise<boolean> {
    const tree = await this.place.fleet.trees.find(this.order.tree);
    return tree?.host === this.place.host && goesOn(tree);
  }

  /** Records that the tree of the order runs here. */
  async started({ pid, start }: ProcessId): Promise<void> {
    const { order, place } = this;
    const isNew = order.kind === "restore" || order.kind === "clone";
    const checkpoint = isNew ? order.checkpoint : (await place.fleet.trees.find(order.tree))?.checkpoint;
    await place.fleet.trees.put({
      name: order.tree,
      host: place.host,
      pid,
      start,
      checkpoint: checkpoint ?? "",
      ...(order.config === undefined ? {} : { config: order.config }),
      state: isAlive({ pid, start }) ? "running" : "ended",
      since: new Date().toISOString(),
    });
  }

  /** Records that a tree has ended. */
  async ended(tree: TreeCard): Promise<void> {
    await this.place.fleet.trees.end(tree);
  }
}

/** The events of `restage restore --json` that are published. */
const TOLD: ReadonlySet<string> = new Set([
  "planned",
  "stage-started",
  "stage-left",
  "committed",
  "resumed",
  "failed",
  "note",
]);
