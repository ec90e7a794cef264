import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { isOver } from "../../packages/fleet/src/mod.ts";
import { seeded } from "../../packages/fleet/test/support/checkpoint.ts";
import { BusyStore } from "../support/busy-store.ts";
import { openDesk } from "../support/desk.ts";
import { kill } from "../support/end.ts";
import { LEASE } from "../support/fleet.ts";
import { describeUnless, type Obstacle, succeeds } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { noTwoHosts, startTwoHosts } from "../support/two-hosts.ts";
import { Disturbances } from "./chaos/disturbances.ts";
import { Orders, START } from "./chaos/orders.ts";
import {
  assertNoTreeLost,
  assertRanOnce,
  assertSaved,
  assertTyped,
  START_PROGRAM,
  telling,
  treesNow,
} from "./chaos/verdict.ts";

/** More orders, and another course of events: `RESTAGE_CHAOS=200,7`. */
const [ORDERS = 20, SEED = 1] = (process.env["RESTAGE_CHAOS"] ?? "").split(",").filter(Boolean).map(Number);

/** How long orders can take after the last disturbance, in milliseconds. */
const PATIENCE = 120_000;

const obstacle: Obstacle = noTwoHosts ?? (succeeds("perl") ? undefined : "needs perl");

describeUnless(obstacle, "a fleet whose agents, server and network fail at random", () => {
  it(`ends each of ${ORDERS} orders once, runs no tree twice, and loses no tree and no chunk (seed ${SEED})`, {
    timeout: 300_000 + ORDERS * 10_000,
  }, async () => {
    const began = performance.now();
    const hosts = await startTwoHosts({});
    const { left, right, restage } = hosts;
    onTestFinished(() => treesNow().forEach(kill));
    const ran = join(temporaryDirectory("chaos"), "ran");
    writeFileSync(ran, "");
    for (const host of [left, right]) host.configure({}, telling(ran));
    const pid = left.host.run("sh", "-c", START_PROGRAM).trim();
    restage(left.host, "checkpoint", pid, "--to", START, "--no-config");

    const desk = await openDesk(hosts);
    const orders = new Orders(desk, seeded(SEED));
    const store = new BusyStore(desk, seeded(SEED + 1));
    const disturbances = new Disturbances(hosts, seeded(SEED + 2));
    let isGiven = false;
    const given = orders.give(ORDERS).finally(() => {
      isGiven = true;
    });
    const repeat = async (work: () => Promise<void>) => {
      do await work();
      while (!isGiven);
    };
    const others = [() => store.change(), () => store.collect(), () => disturbances.next()];
    await Promise.all([given, ...others.map(repeat)]);

    const deadline = performance.now() + PATIENCE;
    let ended = await orders.records();
    while (!ended.every(isOver)) {
      const open = ended.filter((record) => !isOver(record));
      expect(performance.now(), `still open: ${JSON.stringify(open)}`).toBeLessThan(deadline);
      await sleep(LEASE / 10);
      ended = await orders.records();
    }
    // After two leases, JetStream has delivered again whatever it delivers again.
    await sleep(2 * LEASE);
    expect(await orders.records(), "an order changes after its end").toEqual(ended);

    const story = [...ended.map((record) => JSON.stringify(record)), left.agent.output, right.agent.output].join("\n");
    expect(ended.map(({ order }) => order.id).toSorted()).toEqual(orders.given.map(({ id }) => id).toSorted());
    assertTyped(ended);
    assertRanOnce(ended, ran, story);
    await assertNoTreeLost(ended, hosts, desk, story);
    const saved = await assertSaved(ended, desk, story);
    await store.verify();
    const done = ended.filter(({ state }) => state === "done").length;
    const seconds = Math.round((performance.now() - began) / 1000);
    const counts = { orders: ended.length, done, saved, ...disturbances.counts, ...store.counts, seconds };
    console.log(JSON.stringify(counts));
  });
});
