import { setTimeout as sleep } from "node:timers/promises";
import { asRestoreError, RestoreError, type RestoreErrorData } from "@restage/core";
import { confirm, fail, type Gang, type GangFailure, isGangOf } from "../orders/gang.ts";
import { isOver } from "../orders/state.ts";
import { FinalFailure, type Task } from "./task.ts";

/** How often a host looks whether all others have passed a stage, in milliseconds. */
const INTERVAL = 20;
/** For how long a host waits until others have taken their orders, in milliseconds. */
const PATIENCE = 60_000;

/** The part that a host has in a gang: it carries out the order of one member. */
export class Member {
  readonly #task: Task;

  constructor(task: Task) {
    this.#task = task;
  }

  /** Whether nobody has begun with this order before. A later attempt must not: its tree has not passed what the earlier one has confirmed. */
  async isNew(): Promise<boolean> {
    const { order, place } = this.#task;
    const record = await place.fleet.ledger.read(order.id);
    return record?.state === "taken" && record.attempts === 1;
  }

  /** Confirms a stage, and returns when all members have. Throws a FinalFailure if the gang has failed. */
  async pass(stage: string): Promise<void> {
    const started = performance.now();
    let gang = await this.#change((gang) => confirm(gang, this.#task.order.id, stage));
    while (gang?.state === "open" && gang.stage === stage) {
      const lost = await this.#findLost(gang, performance.now() - started);
      if (lost === undefined) await sleep(INTERVAL);
      gang = lost === undefined ? await this.#change((gang) => gang) : await this.#fail(lost);
    }
    if (gang === undefined || gang.state === "failed") throw this.#failureOf(gang);
  }

  /** Makes the gang fail, unless it is decided. Returns if it has committed, and throws a FinalFailure if it has failed. */
  async settle(why: unknown): Promise<void> {
    const error = why instanceof FinalFailure ? why.error : asRestoreError(why, {}).toJSON();
    const { order, place } = this.#task;
    const gang = await this.#fail({ member: order.id, host: place.host, error });
    if (gang?.state !== "committed") throw this.#failureOf(gang);
  }

  /** Looks for a member that will not pass the stage. */
  async #findLost({ members }: Gang, waited: number): Promise<GangFailure | undefined> {
    const { order, place } = this.#task;
    const { ledger, hosts } = place.fleet;
    for (const member of members.filter((id) => id !== order.id)) {
      const record = await this.#task.insist(() => ledger.read(member));
      const host = record?.holder?.host ?? "";
      const lost = (message: string) => ({ member, host, error: new RestoreError("ERR_ORDER", message).toJSON() });
      const failure = record?.failures.at(-1);
      if (record !== undefined && isOver(record))
        return failure === undefined ? lost("It is over") : { member, ...failure };
      if (host === "" && waited > PATIENCE) return lost("No host has taken it in time");
      if (host !== "" && (await this.#task.insist(() => hosts.find(host))) === undefined)
        return lost(`The host ${host} is gone`);
    }
    return undefined;
  }

  async #fail(failure: GangFailure): Promise<Gang | undefined> {
    const { order, place } = this.#task;
    const gang = await this.#change((gang) => fail(gang, failure));
    if (gang?.state !== "failed") return gang;
    // The hosts of the others find out by themselves. Orders that nobody has taken yet end here.
    for (const member of gang.members.filter((id) => id !== order.id)) {
      const { state } = (await this.#task.insist(() => place.fleet.ledger.read(member))) ?? {};
      const error = this.#describe(gang);
      if (state === "queued")
        await this.#task.insist(() => place.apply(member, { kind: "cancel", failure: { host: "", error } }));
    }
    return gang;
  }

  /** Changes the record of the gang. Throws a FinalFailure if somebody has replaced it. */
  async #change(change: (gang: Gang) => Gang): Promise<Gang | undefined> {
    const { order, place } = this.#task;
    const ours = (gang: Gang) => (isGangOf(gang, order) ? change(gang) : gang);
    const gang = await this.#task.insist(() => place.fleet.gangs.change(order.gang ?? "", ours));
    if (gang === undefined || isGangOf(gang, order)) return gang;
    const message = `The record of the gang ${order.gang} is not what was ordered: it has other members`;
    throw new FinalFailure(new RestoreError("ERR_ORDER", message).toJSON());
  }

  #failureOf(gang: Gang | undefined): FinalFailure {
    return new FinalFailure(this.#describe(gang));
  }

  #describe(gang: Gang | undefined): RestoreErrorData {
    const { order } = this.#task;
    const failure = gang?.failure;
    if (failure?.member === order.id) return failure.error;
    const why =
      failure === undefined
        ? "its record was removed"
        : `${failure.member} failed${failure.host === "" ? "" : ` on ${failure.host}`}: ${failure.error.message}`;
    const hint = failure?.error.hint;
    const message = `The gang of ${order.gang} has failed: ${why}`;
    return new RestoreError("ERR_ORDER", message, hint === undefined ? {} : { hint }).toJSON();
  }
}
