import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { isOver, type OrderRecord } from "../../packages/fleet/src/mod.ts";
import { seeded } from "../../packages/fleet/test/support/checkpoint.ts";
import { BusyStore } from "../support/busy-store.ts";
import { isOn, pick, processes, run } from "../support/chaos.ts";
import { kill } from "../support/end.ts";
import { describeUnless } from "../support/requirements.ts";
import { noTwoHosts, startTwoHosts } from "../support/two-hosts.ts";

/** More orders, and another course of events: `RESTAGE_CHAOS=200,7`. */
const [ORDERS = 6, SEED = 1] = (process.env["RESTAGE_CHAOS"] ?? "").split(",").filter(Boolean).map(Number);

/** How long orders can take after the last disturbance, in milliseconds. */
const PATIENCE = 120_000;
/** The longest time for which a host is cut off, in milliseconds: longer than a lease. */
const CUT = 6000;
/** After this time, JetStream has delivered again whatever it delivers again, in milliseconds: two leases. */
const REDELIVERY = 6000;

/** The program that trees run: the number tells it from others. */
const PROGRAM = ["sleep", "86413"] as const;

describeUnless(noTwoHosts, "a fleet whose agents, server and network fail at random", () => {
  it(`ends each of ${ORDERS} orders once, runs no tree twice, and loses no chunk (seed ${SEED})`, {
    timeout: 240_000 + ORDERS * 20_000,
  }, async () => {
    const random = seeded(SEED);
    const { desk, left, right, server, network, restage, command } = await startTwoHosts({ newPidNamespace: true });
    onTestFinished(() => treesNow().forEach(kill));
    const start = `setsid ${PROGRAM.join(" ")} < /dev/null > /dev/null 2>&1 & echo $!`;
    restage(left.host, "checkpoint", left.host.run("sh", "-c", start).trim(), "--to", "sleep/one", "--no-config");

    /** Repeats a command until the server can be reached. */
    const insist = async (...words: readonly string[]): Promise<string> => {
      for (;;) {
        const { code, output } = await run(command(desk, ...words));
        if (code === 0) return output;
      }
    };
    const records = async (): Promise<readonly OrderRecord[]> =>
      JSON.parse(await insist("fleet", "ps", "--json")).orders;

    const ids: string[] = [];
    /** Restores a tree, or saves or stops one that may run. */
    const giveOrder = async (index: number) => {
      const kind = ids.length === 0 ? "run" : pick(["run", "run", "run", "checkpoint", "stop"] as const, random);
      const id = kind === "run" ? `order-${index}` : pick(ids, random);
      if (kind === "checkpoint") await run(command(desk, "fleet", "checkpoint", id, `saved/${index}`, "-d"));
      else if (kind === "stop") await run(command(desk, "fleet", "stop", id, "-d"));
      else {
        ids.push(id);
        // Every third order is given twice: its id is known then.
        for (let times = random() < 0.3 ? 2 : 1; times > 0; times -= 1)
          await insist("fleet", "run", "sleep/one", id, "-d");
      }
    };
    let isGiven = false;
    const given = (async () => {
      for (let index = 0; index < ORDERS; index += 1) {
        await giveOrder(index);
        await sleep(random() * 1000);
      }
      isGiven = true;
    })();

    const store = new BusyStore((...words) => command(desk, ...words), seeded(SEED + 1));
    const stored = (async () => {
      do await store.change();
      while (!isGiven);
    })();

    const disturbances = { agent: 0, server: 0, network: 0 };
    const disturb = {
      async agent() {
        const { agent } = pick([left, right], random);
        await agent.kill();
        await sleep(random() * 500);
        await agent.start();
      },
      async server() {
        await server.kill();
        await sleep(random() * 1000);
        await server.start();
      },
      async network() {
        const { host } = pick([left, right], random);
        network.cut(host);
        await sleep(random() * CUT);
        network.mend(host);
      },
    };
    for (let count = 0; !isGiven || (count < ORDERS && !(await records()).every(isOver)); count += 1) {
      await sleep(200 + random() * 2000);
      const kind = pick(["agent", "agent", "server", "network"] as const, random);
      disturbances[kind] += 1;
      await disturb[kind]();
    }
    await Promise.all([given, stored]);

    const deadline = performance.now() + PATIENCE;
    let ended = await records();
    while (ended.length < ids.length || !ended.every(isOver)) {
      expect(
        performance.now(),
        `still open: ${JSON.stringify(ended.filter((record) => !isOver(record)))}`,
      ).toBeLessThan(deadline);
      ended = await records();
    }
    await sleep(REDELIVERY);
    expect(await records(), "an order changes after its end").toEqual(ended);

    expect(ended.map(({ order }) => order.id)).toEqual(expect.arrayContaining(ids));
    const done = ended.filter(({ state }) => state === "done");
    const over = new Set(done.filter(({ order }) => order.kind !== "restore").map(({ order }) => order.tree));
    const running = done.filter(({ order }) => order.kind === "restore" && !over.has(order.id));
    const trees = treesNow().map((pid) => `${isOn(left, pid) ? "left" : "right"} ${pidOnHost(pid)}`);
    const story = () =>
      [...ended.map((record) => JSON.stringify(record)), left.agent.output, right.agent.output].join("\n");
    expect(trees.toSorted(), story()).toEqual(
      running.map(({ holder, result }) => `${holder?.host} ${result?.["pid"]}`).toSorted(),
    );
    for (const { state, failures } of ended)
      if (state === "failed") expect(failures.at(-1)?.error).toMatchObject({ code: expect.stringMatching(/^ERR_/) });

    await store.verify();
    const saved = done.filter(({ order }) => order.kind === "checkpoint");
    for (const { order } of saved) {
      const name = order.checkpoint ?? "";
      const check = await run(command(desk, "fleet", "run", name, `again-${order.tree}`));
      expect(check, `${name} is restored\n${story()}`).toMatchObject({ code: 0 });
    }
    const counts = { orders: ended.length, done: done.length, saved: saved.length, ...disturbances, ...store.counts };
    console.log(JSON.stringify(counts));
  });
});

/** The root tasks of all trees. */
function treesNow(): readonly number[] {
  return processes((words) => words.slice(0, -1).join(" ") === PROGRAM.join(" "));
}

/** The pid that a process of a tree has on its host. The tree has a pid namespace of its own there. */
function pidOnHost(pid: number): number {
  const [, pids = ""] = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(pids.split(/\s+/).at(-2));
}
