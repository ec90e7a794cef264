/**
 * Moves a tree to another host while it runs.
 *
 * 1. Rounds: its memory is saved and pushed several times, and the other host pulls it. It has an order of its own, `receive`.
 * 2. A checkpoint on top of the last round is made and pushed; the tree waits, stopped. From now on it ends if its checkpoint command does.
 * 3. This host commits to the order of the other host, which has restored the tree meanwhile and waits in the last stage.
 * 4. The other host commits, and the tree runs there. Or its order fails, or is canceled here, and the tree resumes here.
 *
 * The record of the other host's order decides: it is either committed, or canceled. A tree that has ended here with its command or this agent, and that
 * does not run there, is restored here from the checkpoint.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { RestoreError, type RestoreErrorData } from "@restage/core";
import { submit } from "../fleet.ts";
import type { TreeCard } from "../hosts/trees.ts";
import { newOrder } from "../orders/order.ts";
import { isOver, type OrderRecord, type Result } from "../orders/state.ts";
import { push } from "../store/push.ts";
import type { CommandEvent } from "./command.ts";
import { goesOn } from "./processes.ts";
import { restoreHere, unknown } from "./restoring.ts";
import { Rounds, roundsOf } from "./rounds.ts";
import { AttemptFailure, FinalFailure, type Task } from "./task.ts";
import type { Work } from "./work.ts";

const INTERVAL = 20;
/** How long the other host has for the last round, in milliseconds. */
const PATIENCE = 60_000;
/** The tree stops for the last round after so many others, when one has so few bytes, or when one has not much less than the one before. */
const MOST_ROUNDS = 5;
const FEW = 4 << 20;
const LESS = 0.7;
/** The tree waits for the other host, or has ended. */
const HELD = "held";

export const migrate: Work = {
  // The other host does not commit to an earlier attempt.
  run: (task) => new Migration(task).run(0),
  resume: (task) => new Migration(task).run(PATIENCE),
};

/** How the other host's part has ended. */
type Ending =
  | { readonly where: "there"; readonly result: Result }
  | { readonly where: "here"; readonly error: RestoreErrorData }
  | { readonly where: "unknown" };

class Migration {
  readonly #task: Task;
  /** How long the tree was stopped, in milliseconds. */
  #downtime: number | undefined;

  constructor(task: Task) {
    this.#task = task;
  }

  /** @param patience how long the other host has if an earlier attempt has stopped the tree. */
  async run(patience: number): Promise<Result> {
    const { journal, order, token, place } = this.#task;
    if (journal.has(HELD)) return await this.#end(patience);
    await this.#cancel("another attempt begins");
    const tree = await this.#task.treeHere();
    const { to = "" } = order;
    if (to === place.host || (await place.fleet.hosts.find(to)) === undefined) {
      const why = to === place.host ? "it runs there already" : "the fleet has no such host";
      const message = `Cannot migrate ${order.tree} to ${to}: ${why}`;
      const hint = "`restage fleet ps` lists the hosts";
      throw new FinalFailure(new RestoreError("ERR_ORDER", message, { hint }).toJSON());
    }
    journal.write("receiving", `${order.id}-${token.slice(0, 8)}`);
    journal.keep("tree", tree);
    try {
      await this.#move(tree, to);
    } catch (error) {
      await this.#cancel("the host of the tree has given up");
      await this.#rounds.forget();
      throw error;
    }
    return await this.#end(0);
  }

  /** Returns when the tree has ended here, or runs on though the other host was to take it. */
  async #move(tree: TreeCard, to: string): Promise<void> {
    const { journal, order, place } = this.#task;
    const { config } = order;
    const rounds = this.#rounds;
    rounds.clear();
    const other = {
      kind: "receive",
      id: this.#receiving,
      of: order.id,
      tree: order.tree,
      checkpoint: this.#name,
    } as const;
    const labels = { host: to };
    await submit(place.fleet, newOrder({ ...other, labels, attempts: 1, ...(config === undefined ? {} : { config }) }));
    const pid = String(tree.pid);
    let last = 0;
    for (let before = Number.POSITIVE_INFINITY, size = 0; last < MOST_ROUNDS; before = size) {
      last += 1;
      await this.#run("pre-dump", [pid, "-D", rounds.directory(last), ...(last === 1 ? [] : earlier(last - 1))]);
      await rounds.push(last);
      size = rounds.size(last);
      this.#task.tell({ kind: "note", text: `round ${last}: ${size} bytes of memory` });
      if (size < FEW || size > before * LESS) break;
    }
    const words = [pid, "-D", rounds.directory("last"), ...earlier(last)];
    await this.#run("checkpoint", words, () => journal.has(HELD));
  }

  /** Runs a command that saves the tree. Throws an AttemptFailure if it fails, unless that has been expected. */
  async #run(command: string, words: readonly string[], isExpected = () => false): Promise<void> {
    const asks = command === "checkpoint";
    const options = asks ? { confirm: (question: CommandEvent) => this.#answer(question) } : {};
    const outcome = await this.#task.run([command, ...words, "--json"], options);
    if ((outcome.error !== undefined || outcome.isLate) && !isExpected()) throw new AttemptFailure(outcome.failure);
  }

  /** Answers the command that has stopped the tree. */
  async #answer({ seized, pid, frozen }: CommandEvent): Promise<string> {
    const { journal } = this.#task;
    if (seized === true) return "yes";
    if (pid !== undefined) {
      this.#downtime = Number(frozen) - performance.now();
      await this.#rounds.push("last");
      journal.mark("kept");
      journal.mark(HELD);
      return "hold";
    }
    const isOurs = await this.#task.commit({ receiving: this.#receiving }).catch(() => false);
    const { where } = await this.#settle(isOurs ? PATIENCE : 0);
    this.#downtime = (this.#downtime ?? 0) + performance.now();
    return where === "here" ? "no" : "yes";
  }

  /** Concludes, when the tree was stopped. Throws a FinalFailure if it is not on the other host. */
  async #end(patience: number): Promise<Result> {
    const { journal, order, place } = this.#task;
    await this.#task.awaitCommand();
    const ending = await this.#settle(patience);
    if (ending.where === "there") {
      await this.#rounds.forget();
      journal.unmark("kept");
      const result = { to: order.to ?? "", pid: ending.result["pid"] ?? 0 };
      return this.#downtime === undefined ? result : { ...result, downtime: Math.round(this.#downtime) };
    }
    if (ending.where === "unknown") {
      await push(place.store, this.#rounds.directory("last"), this.#name, { key: place.key, replace: true });
      journal.unmark("kept");
      const hint = `look for the program on that host; if it has ended, restore ${this.#name}`;
      throw new FinalFailure(unknown(this.#task, order.to, hint).toJSON());
    }
    const tree = journal.kept("tree");
    if (tree === undefined || !goesOn(tree)) await restoreHere(this.#task, this.#rounds.directory("last"));
    await this.#rounds.forget();
    journal.unmark("kept");
    throw new FinalFailure(ending.error);
  }

  /** Waits until the other host's order is over. While it is not committed, it is canceled after some time. */
  async #settle(patience: number): Promise<Ending> {
    const { order, place } = this.#task;
    const deadline = performance.now() + patience;
    for (;;) {
      const record = await this.#task.insist(() => place.fleet.ledger.read(this.#receiving));
      if (record === undefined) return { where: "unknown" };
      if (isOver(record)) return endingOf(record);
      if (performance.now() >= deadline)
        await this.#task.insist(() => this.#cancel(`${order.to} did not take it in time`));
      await sleep(INTERVAL);
    }
  }

  /** Cancels the other host's order, unless that has committed. */
  async #cancel(why: string): Promise<void> {
    const { order, place } = this.#task;
    if (this.#receiving === "") return;
    const error = new RestoreError("ERR_ORDER", `${order.tree} stays on ${place.host}: ${why}`).toJSON();
    await place.apply(this.#receiving, { kind: "cancel", failure: { host: order.to ?? "", error } });
  }

  /** The other host's order. */
  get #receiving(): string {
    return this.#task.journal.read("receiving") ?? "";
  }

  /** The common name of the rounds in the store. */
  get #name(): string {
    return roundsOf(this.#receiving);
  }

  get #rounds(): Rounds {
    return new Rounds(this.#task, this.#name);
  }
}

function earlier(round: number): readonly string[] {
  return ["--prev-images-dir", `../round-${round}`];
}

function endingOf({ state, result, failures }: OrderRecord): Ending {
  if (state === "done") return { where: "there", result: result ?? {} };
  // It failed after its commit.
  if (result !== undefined) return { where: "unknown" };
  return { where: "here", error: failures.at(-1)?.error ?? new RestoreError("ERR_ORDER", "It failed").toJSON() };
}
