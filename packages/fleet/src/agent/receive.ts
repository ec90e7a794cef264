import { setTimeout as sleep } from "node:timers/promises";
import { RestoreError } from "@restage/core";
import { restoreImages, resumeRestore } from "./restoring.ts";
import { Rounds } from "./rounds.ts";
import { AttemptFailure, type Task } from "./task.ts";
import type { Work } from "./work.ts";

/** How often it looks for what the other host does, in milliseconds. The tree is stopped meanwhile. */
const INTERVAL = 20;
/** For how long the other host can be silent, in milliseconds. */
const PATIENCE = 60_000;

/** Takes a tree that migrates: pulls its rounds while they are made, restores it, and lets it run when its host has given it away. */
export const receive: Work = {
  async run(task) {
    const giver = new Giver(task);
    const rounds = new Rounds(task, task.order.checkpoint ?? "");
    rounds.clear();
    let pulled = 0;
    for (;;) {
      await giver.hasGiven();
      // In this order: the last one is pushed after all others.
      const isLast = await rounds.isThere("last");
      if (await rounds.isThere(pulled + 1)) {
        await rounds.pull(pulled + 1, pulled);
        pulled += 1;
      } else if (isLast) break;
      else await sleep(INTERVAL);
    }
    await rounds.pull("last", pulled);
    return await restoreImages(task, rounds.directory("last"), async (root) => {
      while (!(await giver.hasGiven())) await sleep(INTERVAL);
      return await task.commit({ ...root });
    });
  },
  resume: (task, { result }) => resumeRestore(task, result),
};

/** The host from which the tree comes. */
class Giver {
  readonly #task: Task;
  #seen = performance.now();

  constructor(task: Task) {
    this.#task = task;
  }

  /**
   * Whether the tree can only run here: its host has committed to this order, and holds the tree.
   *
   * Throws an AttemptFailure if the tree does not come any more.
   */
  async hasGiven(): Promise<boolean> {
    const { order, token, place } = this.#task;
    const { fleet } = place;
    const [own, other] = [await fleet.ledger.read(order.id), await fleet.ledger.read(order.of ?? "")];
    const isOurs = own?.state === "taken" && own.holder?.token === token;
    if (isOurs && other?.state === "committed" && other.result?.["receiving"] === order.id) return true;
    if ((await fleet.hosts.find(other?.holder?.host ?? "")) !== undefined) this.#seen = performance.now();
    const isSilent = performance.now() - this.#seen > PATIENCE;
    if (isOurs && other?.state === "taken" && !isSilent) return false;
    const why = isSilent ? "its host is silent" : "it was canceled";
    const message = `${order.tree} was not moved to ${place.host}: ${why}`;
    throw new AttemptFailure(new RestoreError("ERR_ORDER", message).toJSON());
  }
}
