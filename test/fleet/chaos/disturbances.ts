import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pick } from "../../support/chaos.ts";
import { LEASE } from "../../support/fleet.ts";
import type { FleetHost, TwoHosts } from "../../support/two-hosts.ts";

/** The longest wait for a moment, in milliseconds. */
const PATIENCE = 1000;
const KINDS = ["agent", "agent", "server", "network", "network"] as const;
/** When something fails: what a host has just done, or anything. */
const MOMENTS = [
  ": take -> taken",
  ": commit -> committed",
  ": finish -> done",
  "saved",
  undefined,
  undefined,
] as const;

/** Kills agents and the server, and cuts hosts off. */
export class Disturbances {
  readonly counts = { agent: 0, server: 0, network: 0 };
  readonly #hosts: TwoHosts;
  readonly #random: () => number;

  constructor(hosts: TwoHosts, random: () => number) {
    this.#hosts = hosts;
    this.#random = random;
  }

  /** Disturbs the fleet once. It is whole again afterwards. */
  async next(): Promise<void> {
    const { left, right, server, network } = this.#hosts;
    const random = this.#random;
    const kind = pick(KINDS, random);
    const fleetHost = pick([left, right], random);
    await sleep(random() * 500);
    await this.#awaitMoment(fleetHost, pick(MOMENTS, random));
    this.counts[kind] += 1;
    if (kind === "agent") {
      await fleetHost.agent.kill();
      await sleep(random() * 500);
      await fleetHost.agent.start();
    } else if (kind === "server") {
      await server.kill();
      await sleep(random() * 1000);
      await server.start();
    } else {
      network.cut(fleetHost.host);
      // Half of the times, its orders go to the other host.
      await sleep(random() * LEASE + (random() < 0.5 ? 0 : LEASE));
      network.mend(fleetHost.host);
    }
  }

  async #awaitMoment({ agent, place }: FleetHost, moment: (typeof MOMENTS)[number]): Promise<void> {
    if (moment === undefined) return;
    const before = agent.output.length;
    const isNow = () => (moment === "saved" ? hasSaved(place) : agent.output.slice(before).includes(moment));
    for (let waited = 0; !isNow() && waited < PATIENCE; waited += 5) await sleep(5);
  }
}

/** Whether a host has a checkpoint of a tree that has ended, and that the store does not have yet. */
function hasSaved(place: string): boolean {
  const orders = join(place, "orders");
  return existsSync(orders) && readdirSync(orders).some((id) => isKept(place, id));
}

/** Whether a host keeps the only checkpoint of a tree, which it has saved for an order. */
export function isKept(place: string, order: string): boolean {
  const directory = join(place, "orders", order);
  return existsSync(join(directory, "kept")) && existsSync(join(directory, "images/inventory.img"));
}
