import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Journal } from "../src/agent/journal.ts";
import { startOf } from "../src/agent/processes.ts";
import { AttemptFailure, FinalFailure, Task, type Workplace } from "../src/agent/task.ts";
import { WORK } from "../src/agent/work.ts";
import { newOrder } from "../src/orders/order.ts";
import { newRecord } from "../src/orders/state.ts";
import { scratch } from "./support/checkpoint.ts";

describe("a clone whose agent ended after the commit", () => {
  const order = newOrder({ kind: "clone", id: "shop", checkpoint: "web/one" });
  async function resumed(prepare: (journal: Journal) => void): Promise<unknown> {
    const journal = new Journal(join(scratch(), "shop"));
    journal.begin("token");
    prepare(journal);
    const task = new Task({ host: "a" } as Workplace, order, "token", journal);
    return await WORK.clone.resume(task, newRecord(order, "")).catch((error: unknown) => error);
  }

  it("is attempted again if its command was not started", async () => {
    expect(await resumed(() => {})).toBeInstanceOf(AttemptFailure);
  });

  it("is not attempted again if its command may have been started: it may run", async () => {
    const failure = await resumed((journal) => journal.mark("cloning"));
    expect(failure).toBeInstanceOf(FinalFailure);
    expect(failure).not.toBeInstanceOf(AttemptFailure);
    expect(failure).toMatchObject({ message: expect.stringContaining("shop was about to run: it may have run") });
  });
});

describe("a checkpoint that an earlier attempt has made", () => {
  it("is made again if the tree still runs: that attempt ended before it killed the tree", async () => {
    const journal = new Journal(join(scratch(), "save"));
    journal.begin("token");
    mkdirSync(journal.path("images"));
    writeFileSync(journal.path("images/inventory.img"), "");
    const tree = { name: "shop", host: "a", pid: process.pid, start: startOf(process.pid), state: "running" };
    const failure = JSON.stringify({ error: { code: "ERR_REFUSED", message: "a second attempt" } });
    const place = {
      host: "a",
      limit: 20_000,
      command: ["sh", "-c", `echo '${failure}'`],
      policy: { orders: [], configs: {}, checkpoints: [] },
      fleet: { trees: { find: async () => tree }, queue: { tell: () => {} } },
      store: { names: { get: async () => undefined } },
    } as unknown as Workplace;
    const order = newOrder({ kind: "checkpoint", id: "save", tree: "shop", checkpoint: "web/two" });
    await expect(WORK.checkpoint.run(new Task(place, order, "token", journal))).rejects.toThrow("a second attempt");
    // They are the only ones, should the tree have ended meanwhile.
    expect(journal.isKept).toBe(true);
  });

  it("does not replace one that has got its name meanwhile, and stays on its host", async () => {
    const journal = new Journal(join(scratch(), "save"));
    journal.begin("token");
    mkdirSync(journal.path("images"));
    writeFileSync(journal.path("images/inventory.img"), "");
    journal.mark("kept");
    const other = { version: 1, push: "of another order", size: 1 };
    const written: string[] = [];
    const names = {
      get: async () => ({ string: () => JSON.stringify(other), json: () => other }),
      put: async (key: string) => void written.push(key),
      keys: async () => written,
      purge: async () => {},
    };
    const place = {
      host: "a",
      policy: { orders: [], configs: {}, checkpoints: [] },
      fleet: { trees: { find: async () => undefined }, queue: { tell: () => {} } },
      store: { names, chunks: { put: async () => {}, keys: async () => [] } },
    } as unknown as Workplace;
    const order = newOrder({ kind: "checkpoint", id: "save", tree: "shop", checkpoint: "web/two" });
    // The second attempt must not take it for what the first one has stored.
    for (let attempt = 1; attempt <= 2; attempt += 1)
      await expect(WORK.checkpoint.run(new Task(place, order, "token", journal))).rejects.toThrow("has got the name");
    expect(written.filter((key) => key.startsWith("image."))).toEqual([]);
    expect(journal.isKept).toBe(true);
  });
});

describe("a stop whose agent ended after it had ended the tree", () => {
  it("is done", async () => {
    const journal = new Journal(join(scratch(), "stop"));
    journal.begin("token");
    const program = spawn("sleep", ["60"], { stdio: "ignore" });
    onTestFinished(() => void program.kill("SIGKILL"));
    const pid = program.pid ?? 0;
    const cards = [{ name: "shop", host: "a", pid, start: startOf(pid), state: "running" }];
    const trees = {
      find: async () => cards[0],
      end: async () => {
        throw new Error("the agent ends");
      },
    };
    const order = newOrder({ kind: "stop", id: "stop", tree: "shop" });
    const task = new Task({ host: "a", fleet: { trees } } as unknown as Workplace, order, "token", journal);
    await expect(WORK.stop.run(task)).rejects.toThrow("the agent ends");
    journal.begin("another");
    expect(await WORK.stop.run(task)).toEqual({ pid });
  });
});
