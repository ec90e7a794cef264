import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { newOrder, submit } from "../../packages/fleet/src/mod.ts";
import { seeded } from "../../packages/fleet/test/support/checkpoint.ts";
import { NatsServer, noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import { end, kill } from "../support/end.ts";
import { Agent, fleetOf, restageWith, settled } from "../support/fleet.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { privateDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** More orders, and another course of events: `RESTAGE_CHAOS=200,7`. */
const [ORDERS = 6, SEED = 1] = (process.env["RESTAGE_CHAOS"] ?? "").split(",").filter(Boolean).map(Number);

/** How long an order can take after the last disturbance, in milliseconds. */
const PATIENCE = 120_000;

/** The program that trees run: the number tells it from others. */
const PROGRAM = ["sleep", "86413"] as const;

describeUnless(noRoot ?? noNatsServer, "a fleet whose agents and server are killed at random", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  it(`ends each of ${ORDERS} orders once, and runs no tree twice (seed ${SEED})`, {
    timeout: 120_000 + ORDERS * 20_000,
  }, async () => {
    const random = seeded(SEED);
    const program = spawn(PROGRAM[0], PROGRAM.slice(1), { detached: true, stdio: "ignore", cwd: "/" });
    const pid = program.pid ?? 0;
    onTestFinished(() => end(pid));
    const made = restageWith(server.address, "checkpoint", String(pid), "--to", "sleep/one", "--no-config");
    expect(made.status, made.stderr).toBe(0);
    await until(() => !existsSync(`/proc/${pid}`), "the tree is gone");

    const trusted = privateDirectory("fleet");
    const config = join(trusted, "restore.config.json");
    writeFileSync(config, JSON.stringify({ newPidNamespace: true }));
    const policy = join(trusted, "policy.json");
    writeFileSync(policy, JSON.stringify({ configs: { default: config } }));
    const agents = ["a", "b"].map(
      (name) =>
        new Agent({
          server: server.address,
          name,
          place: temporaryDirectory(`fleet-${name}`),
          words: ["--policy", policy],
        }),
    );
    onTestFinished(() => treesNow().forEach(kill));
    await Promise.all(agents.map((agent) => agent.start()));

    const fleet = await fleetOf(server.address);
    const ids = Array.from({ length: ORDERS }, (_, index) => `order-${index}`);
    const given = (async () => {
      for (const id of ids) {
        // Again, because every third order is given twice: its id is known then.
        const order = newOrder({ kind: "restore", id, checkpoint: "sleep/one", attempts: 20 });
        for (let times = random() < 0.3 ? 2 : 1; times > 0; times -= 1) await submit(fleet, order);
        await sleep(random() * 1000);
      }
    })();
    const isOver = async () =>
      (await fleet.ledger.list()).filter(({ state }) => /done|failed/.test(state)).length === ORDERS;
    let disturbances = 0;
    let isGiven = false;
    void given.then(() => {
      isGiven = true;
    });
    while (!isGiven || (disturbances < ORDERS && !(await isOver()))) {
      await sleep(200 + random() * 2000);
      disturbances += 1;
      if (random() < 0.25) {
        await server.kill();
        await sleep(random() * 1000);
        await server.start();
      } else {
        const agent = agents[random() < 0.5 ? 0 : 1];
        await agent?.kill();
        await sleep(random() * 500);
        await agent?.start();
      }
    }
    await given;

    const records = [];
    for (const id of ids) records.push(await settled(fleet, id, PATIENCE));
    const done = records.filter(({ state }) => state === "done").map(({ result }) => Number(result?.["pid"]));
    const trees = treesNow();
    const story = agents.map((agent) => agent.output).join("\n");
    expect(trees.toSorted(), story).toEqual(done.toSorted());
    for (const { state, failures } of records) {
      if (state === "failed") expect(failures.at(-1)?.error).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    }
    console.log(`${done.length} of ${ORDERS} done after ${disturbances} disturbances`);
  });
});

/** The root tasks of all trees of this machine. */
function treesNow(): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readFileSync(`/proc/${pid}/cmdline`, "utf8") === `${PROGRAM.join("\0")}\0`;
      } catch {
        return false;
      }
    });
}
