import { RestoreError } from "@restage/core";
import type { Bucket } from "../nats/bucket.ts";
import type { Labels } from "../orders/labels.ts";

/** A host whose agent runs. */
export interface HostCard {
  readonly name: string;
  readonly labels: Labels;
  /** Differs for hosts that have the same name by mistake. */
  readonly machine: string;
  readonly since: string;
}

/** The hosts of a fleet. The bucket forgets a host that is not announced again within the lease. */
export class Hosts {
  readonly #cards: Bucket;

  constructor(cards: Bucket) {
    this.#cards = cards;
  }

  /** Joins the fleet. Throws ERR_OPTION if another machine has the name. */
  async join(card: HostCard): Promise<void> {
    const other = await this.find(card.name);
    if (other !== undefined && other.machine !== card.machine) {
      const hint = "pass another name with --name; if that host is gone, wait until the fleet has forgotten it";
      throw new RestoreError("ERR_OPTION", `Another host of the fleet is called ${card.name}`, { hint });
    }
    await this.announce(card);
  }

  async announce(card: HostCard): Promise<void> {
    await this.#cards.put(card.name, Buffer.from(JSON.stringify(card)));
  }

  async leave(name: string): Promise<void> {
    await this.#cards.purge(name);
  }

  async find(name: string): Promise<HostCard | undefined> {
    return (await this.#cards.get(name))?.json<HostCard>();
  }

  async list(): Promise<readonly HostCard[]> {
    const names = (await this.#cards.keys(">")).toSorted();
    const cards = await Promise.all(names.map((name) => this.find(name)));
    return cards.filter((card) => card !== undefined);
  }
}
