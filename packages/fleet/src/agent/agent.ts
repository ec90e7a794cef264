/**
 * The agent of a host. An order passes these files, in this order:
 *
 * 1. Here: it comes from a queue, its signature and the policy are checked (`authority.ts`, `policy.ts`), and the host takes it.
 * 2. `work.ts` has what is done for each kind of order; `migrate.ts`, `receive.ts` and `together.ts` have the longer kinds.
 * 3. `restoring.ts` restores a tree, and decides with the record of the order whether the tree can run.
 * 4. `task.ts` and `command.ts` run `restage`, and answer what it asks.
 * 5. Here again: the record gets the result or the failure, and the message is confirmed.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsMsg } from "@nats-io/jetstream";
import { asRestoreError, RestoreError, type RestoreErrorData } from "@restage/core";
import type { Fleet } from "../fleet.ts";
import type { HostCard } from "../hosts/hosts.ts";
import { type Labels, matches, printLabels } from "../orders/labels.ts";
import { type Order, parseOrder } from "../orders/order.ts";
import { type Failure, isOver, type OrderEvent, type OrderRecord } from "../orders/state.ts";
import { reason } from "../reason.ts";
import type { StoreKey } from "../store/seal.ts";
import type { Store } from "../store/store.ts";
import { assertFresh, assertGiven, assertUnspent } from "./authority.ts";
import { Journal, journalsIn } from "./journal.ts";
import { assertAllowed, type Policy } from "./policy.ts";
import { awaitEnd, isAlive } from "./processes.ts";
import { SpentOrders } from "./spent.ts";
import { AttemptFailure, FinalFailure, Task, type Workplace } from "./task.ts";
import { Templates } from "./templates.ts";
import { WORK } from "./work.ts";

export interface AgentOptions {
  readonly fleet: Fleet;
  readonly store: Store;
  /** The key of the checkpoints. */
  readonly key?: StoreKey | undefined;
  readonly name: string;
  readonly labels: Labels;
  /** What the agent remembers, for the agent after it. Only one agent at a time must use it. */
  readonly directory: string;
  readonly policy: Policy;
  /** The words that run `restage`. */
  readonly command: readonly string[];
  /** How many orders it carries out at a time. */
  readonly slots: number;
  /** For how many milliseconds a command of an order can run. */
  readonly limit: number;
  /** Ends the agent once it has carried out what it has begun. */
  readonly signal: AbortSignal;
  /** Is told what it does, one line at a time. */
  readonly log: (line: string) => void;
}

/** How long one look into a queue waits, in milliseconds. */
const PATIENCE = 2000;
const PAUSE = 250;
/** How often an agent looks for something to do besides new orders: this many times in a lease. */
const ROUNDS = 6;

/** Runs the agent of a host until the signal. Throws ERR_OPTION, ERR_STORE. */
export async function runAgent(options: AgentOptions): Promise<void> {
  await new Agent(options).run();
}

class Agent {
  readonly #options: AgentOptions;
  readonly #place: Workplace;
  readonly #card: HostCard;
  /** The orders that it carries out now, with the message of each if it was delivered. */
  readonly #active = new Map<string, JsMsg | undefined>();
  readonly #work = new Set<Promise<void>>();
  readonly #queues = new Map<string, Promise<void>>();

  constructor(options: AgentOptions) {
    const { fleet, store, key, policy, command, name, labels, directory, limit } = options;
    this.#options = options;
    const templates = new Templates({ directory: join(directory, "templates"), store, key, policy, command });
    const apply: Workplace["apply"] = (id, event) => this.#apply(id, event);
    mkdirSync(join(directory, "orders"), { recursive: true, mode: 0o700 });
    const spent = new SpentOrders(join(directory, "spent"));
    this.#place = { fleet, store, key, policy, command, host: name, limit, templates, spent, apply };
    const since = new Date().toISOString();
    this.#card = { name, labels: { ...labels, host: name }, machine: machineOf(directory), since };
  }

  async run(): Promise<void> {
    const { fleet, signal, name, log } = this.#options;
    await fleet.hosts.join(this.#card);
    await this.#place.templates.close();
    log(`${name} joined the fleet: ${printLabels(this.#card.labels)}`);
    this.#recover();
    await this.#makeRounds(signal);
    await Promise.all(this.#queues.values());
    if (this.#work.size > 0) {
      // Without the rounds, other hosts would take what this one still works on.
      const finished = new AbortController();
      void Promise.all(this.#work).then(() => finished.abort());
      await this.#makeRounds(finished.signal);
    }
    await this.#place.templates.close();
    await fleet.hosts.leave(name);
  }

  async #makeRounds(until: AbortSignal): Promise<void> {
    const { fleet, log } = this.#options;
    while (!until.aborted) {
      await this.#round().catch((error: unknown) => log(`cannot reach the fleet: ${reason(error)}`));
      await sleep(fleet.lease / ROUNDS, undefined, { signal: until }).catch(() => {});
    }
  }

  /** Shows that the host is there, and looks after queues, trees and orders. */
  async #round(): Promise<void> {
    const { fleet } = this.#options;
    await fleet.hosts.announce(this.#card);
    for (const labels of await fleet.queue.list()) {
      const queue = printLabels(labels);
      if (matches(this.#card.labels, labels) && !this.#queues.has(queue)) this.#queues.set(queue, this.#pull(labels));
    }
    for (const message of this.#active.values()) message?.working();
    for (const tree of await fleet.trees.list()) {
      if (tree.host !== this.#card.name || tree.state === "ended" || isAlive(tree)) continue;
      await fleet.trees.end(tree);
    }
    await this.#lookAfterOrders();
  }

  /** Pulls from a queue. */
  async #pull(labels: Labels): Promise<void> {
    const { fleet, signal, slots, log } = this.#options;
    while (!signal.aborted) {
      if (this.#active.size >= slots) {
        await sleep(PAUSE / 10);
        continue;
      }
      try {
        const message = await fleet.queue.next(labels, PATIENCE);
        if (message === undefined) continue;
        this.#receive(message);
      } catch (error) {
        log(`cannot pull orders: ${reason(error)}`);
        await sleep(PAUSE);
      }
    }
  }

  /** Handles a message, unless others must. */
  #receive(message: JsMsg): void {
    const { fleet, slots, signal, log } = this.#options;
    const order = read(message);
    if (order === undefined) {
      log("ignored a message that is not an order");
      message.term();
      return;
    }
    const { id } = order;
    if (this.#active.has(id)) {
      // The lease of the earlier message has ended while the server was away.
      this.#active.set(id, message);
      return;
    }
    if (this.#active.size >= slots || signal.aborted) {
      message.nak();
      return;
    }
    this.#begin(id, message, async () => this.#handle(order, await fleet.ledger.open(order)));
  }

  /** Works on an order, and then answers the last message that brought it. */
  #begin(id: string, message: JsMsg | undefined, work: () => Promise<void>): void {
    const { fleet, log } = this.#options;
    this.#active.set(id, message);
    const whole = async () => {
      try {
        await work();
      } finally {
        const last = this.#active.get(id);
        this.#active.delete(id);
        const record = await fleet.ledger.read(id);
        if (record === undefined || isOver(record)) last?.ack();
        // A host that has committed ends the order by itself.
        else last?.nak(record.state === "committed" ? fleet.lease / ROUNDS : PAUSE);
      }
    };
    const running = whole().catch((error: unknown) => log(`an order failed here: ${reason(error)}`));
    this.#work.add(running);
    void running.finally(() => this.#work.delete(running));
  }

  async #handle(order: Order, record: OrderRecord): Promise<void> {
    if (isOver(record)) return;
    const { fleet, name } = this.#options;
    const { policy, spent } = this.#place;
    const { state, holder, failures } = record;
    if (state !== "committed" && failures.some(({ host }) => host === name)) {
      await this.#giveUpIfLast(record);
      return;
    }
    const journal = this.#journal(order.id);
    let given: Order | undefined;
    try {
      given = await assertGiven(policy, fleet, name, order);
      if (state !== "committed") {
        assertAllowed(policy, order);
        assertFresh(policy, order);
      }
      // A record that says that this host has committed can be a lie: then the host has not begun.
      if (state !== "committed" || holder?.token !== journal.token) assertUnspent(spent, given, journal);
    } catch (error) {
      await this.#apply(order.id, { kind: "decline", failure: this.#failure(asRestoreError(error, {}).toJSON()) });
      return;
    }
    if (state === "committed") {
      if (holder?.host === name) await this.#conclude(this.#task(order, holder.token, given), record);
      return;
    }
    const token = randomUUID();
    const taken = await this.#apply(order.id, { kind: "take", holder: { host: name, token } });
    if (taken?.holder?.token !== token) return;
    const task = this.#task(order, token, given);
    // Of an earlier attempt, whose end an agent could not record.
    await task.awaitCommand();
    task.journal.begin(token);
    await this.#conclude(task);
  }

  /** Carries an order out, or finds out how it ended, and records that. */
  async #conclude(task: Task, committed?: OrderRecord): Promise<void> {
    const { id, kind } = task.order;
    const { token } = task;
    try {
      const result = await (committed === undefined ? WORK[kind].run(task) : WORK[kind].resume(task, committed));
      await task.finish(result);
    } catch (thrown) {
      const error = thrown instanceof FinalFailure ? thrown.error : asRestoreError(thrown, {}).toJSON();
      const isFinal = thrown instanceof FinalFailure && !(thrown instanceof AttemptFailure);
      const failure = this.#failure(error);
      // Only this host has what the order has left, so it tries again.
      if (task.journal.isKept && !isFinal) {
        task.tell({ kind: "note", text: error.message });
        await this.#apply(id, { kind: "release", token });
      } else await this.#apply(id, { kind: isFinal ? "fail" : "release", token, failure });
    }
    const record = await this.#options.fleet.ledger.read(id);
    const isStillOurs = record !== undefined && !isOver(record) && record.holder?.token === token;
    if (!isStillOurs && !task.journal.isKept) task.journal.remove();
  }

  /** Carries on with what an agent before this one has begun. */
  #recover(): void {
    for (const id of journalsIn(join(this.#options.directory, "orders")))
      this.#begin(id, undefined, () => this.#recoverOrder(id));
  }

  async #recoverOrder(id: string): Promise<void> {
    const { fleet, limit, name } = this.#options;
    const journal = this.#journal(id);
    const before = await fleet.ledger.read(id);
    const { policy } = this.#place;
    const given = before === undefined ? undefined : await assertGiven(policy, fleet, name, before.order);
    // Others give an order up when its host is gone for long, but nobody else has the tree that a host has saved.
    const isUnfinished = before?.state === "committed" || (before?.state === "failed" && journal.isKept);
    if (isUnfinished && before.holder !== undefined && before.holder.token === journal.token)
      return await this.#conclude(this.#task(before.order, before.holder.token, given), before);
    // A restore finds that nobody answers it, and rolls back. A checkpoint is completed.
    if (journal.process !== undefined) await awaitEnd(journal.process, limit);
    const record = await fleet.ledger.read(id);
    if (record?.state === "taken" && record.holder !== undefined && record.holder.token === journal.token) {
      await this.#apply(id, { kind: "release", token: record.holder.token });
      await fleet.queue.put(record.order, record.holder.token);
    } else if ((record === undefined || isOver(record)) && !journal.isKept) journal.remove();
  }

  /** Finds orders whose host is gone. */
  async #lookAfterOrders(): Promise<void> {
    const { fleet } = this.#options;
    const hosts = new Set((await fleet.hosts.list()).map(({ name }) => name));
    for (const record of await fleet.ledger.list()) {
      const { order, state, holder, since } = record;
      if (isOver(record) || Date.now() - Date.parse(since) < 2 * fleet.lease) continue;
      const isHeld =
        holder !== undefined && (holder.host === this.#card.name ? this.#active.has(order.id) : hosts.has(holder.host));
      if (isHeld) continue;
      if (state === "committed" && holder?.host !== this.#card.name) {
        const failure = { host: holder?.host ?? "", error: gone(record).toJSON() };
        await this.#apply(order.id, { kind: "lose", failure });
      } else await fleet.queue.put(order, since);
    }
  }

  /** Ends an order that no host is left to try. */
  async #giveUpIfLast({ order, failures }: OrderRecord): Promise<void> {
    const tried = new Set(failures.map(({ host }) => host));
    const hosts = await this.#options.fleet.hosts.list();
    if (hosts.some(({ name, labels }) => matches(labels, order.labels) && !tried.has(name))) return;
    const failure = failures.at(-1);
    if (failure !== undefined) await this.#apply(order.id, { kind: "exhaust", failure });
  }

  async #apply(id: string, event: OrderEvent): Promise<OrderRecord | undefined> {
    const { fleet, log } = this.#options;
    const record = await fleet.ledger.apply(id, event);
    const error = "failure" in event ? event.failure?.error : undefined;
    const why = error === undefined ? "" : `: ${error.code}: ${error.message}`;
    log(`${id}: ${event.kind}${record === undefined ? " rejected" : ` -> ${record.state}`}${why}`);
    if (record !== undefined)
      fleet.queue.tell(id, { kind: event.kind, state: record.state, at: now(), host: this.#card.name, error });
    return record;
  }

  #task(order: Order, token: string, given: Order | undefined): Task {
    return new Task(this.#place, order, token, this.#journal(order.id), given);
  }

  #journal(id: string): Journal {
    return new Journal(join(this.#options.directory, "orders", id));
  }

  #failure(error: RestoreErrorData): Failure {
    return { host: this.#card.name, error };
  }
}

function read(message: JsMsg): Order | undefined {
  try {
    return parseOrder(message.json());
  } catch {
    return undefined;
  }
}

function gone({ order, holder }: OrderRecord): RestoreError {
  const hint = `look for ${order.tree} on ${holder?.host} before you start it again`;
  const message = `The host ${holder?.host} is gone since it began to run ${order.tree}: the tree may run there`;
  return new RestoreError("ERR_ORDER", message, { hint });
}

/** Which machine this is, whatever it is called. */
function machineOf(directory: string): string {
  const file = join(directory, "machine");
  try {
    return readFileSync(file, "utf8");
  } catch {
    const machine = randomUUID();
    writeFileSync(file, machine, { mode: 0o600 });
    return machine;
  }
}

function now(): string {
  return new Date().toISOString();
}
