import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { describeUnless } from "../../../test/support/requirements.ts";
import { Templates } from "../src/agent/templates.ts";
import { type Fleet, forget, newOrder, openFleet, openStore, push, runAgent, submit } from "../src/mod.ts";
import { pagesOf, scratch, seeded, writeCheckpoint } from "./support/checkpoint.ts";
import { NatsServer, noNatsServer } from "./support/nats-server.ts";

// A loaded machine is slow.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const LEASE = 3000;

describeUnless(noNatsServer, "a fleet", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());
  const openedFleet = async (): Promise<Fleet> => openFleet(await server.connect(), LEASE);

  it("delivers no order that was canceled and forgotten before a host came", async () => {
    const fleet = await openedFleet();
    const labels = { zone: "canceled" };
    const order = newOrder({ kind: "restore", id: "shop", checkpoint: "web/one", labels });
    await submit(fleet, order);
    const failure = { host: "", error: { code: "ERR_ORDER", message: "The order was canceled" } } as const;
    await fleet.ledger.apply("shop", { kind: "cancel", failure });
    await forget(fleet, "shop");
    expect(await fleet.ledger.read("shop")).toBeUndefined();
    expect(await fleet.queue.next(labels, 1000)).toBeUndefined();
  });

  it("delivers an order at once whose id was forgotten just before", async () => {
    const fleet = await openedFleet();
    const labels = { zone: "again" };
    const order = newOrder({ kind: "restore", id: "again", checkpoint: "web/one", labels });
    await submit(fleet, order);
    (await fleet.queue.next(labels, 1000))?.ack();
    await forget(fleet, "again");
    await submit(fleet, order);
    expect((await fleet.queue.next(labels, 1000))?.json()).toMatchObject({ id: "again" });
  });

  it("loses an event that is too large, and nothing else", async () => {
    const fleet = await openedFleet();
    fleet.queue.tell("shop", { text: "x".repeat(2 << 20) });
    fleet.queue.tell("shop", { text: "small" });
    for await (const event of fleet.queue.events("shop", { follow: true })) {
      expect(event).toEqual({ text: "small" });
      break;
    }
  });

  it("leaves an order to a host that ends when it has carried it out, however long that takes", async () => {
    const connection = await server.connect();
    const fleet = await openFleet(connection, 1000);
    const store = await openStore(connection);
    const place = scratch();
    await push(store, writeCheckpoint(join(place, "images"), pagesOf(1, seeded(1))), "web/one");
    // Stands for a restore that takes longer than two leases.
    const slow = `sleep 3; echo '{"stage":"RESTORE_CREDS","pid":'$$'}' >&3; read -r answer <&3; [ $answer = yes ] && echo '{"kind":"resumed"}'`;
    const policy = { orders: ["restore"], configs: {}, checkpoints: ["*"] } as const;
    const start = (name: string, signal: AbortSignal) => {
      const directory = join(place, name);
      const command = ["sh", "-c", slow];
      const log = () => {};
      const limits = { slots: 1, limit: 60_000 };
      return runAgent({ fleet, store, name, labels: {}, directory, policy, command, ...limits, signal, log });
    };
    const [first, second] = [new AbortController(), new AbortController()];
    const ended = start("first", first.signal);
    await submit(fleet, newOrder({ kind: "restore", id: "slow", checkpoint: "web/one" }));
    await until(async () => (await fleet.ledger.read("slow"))?.state === "taken");
    first.abort();
    const other = start("second", second.signal);
    await ended;
    second.abort();
    await other;
    expect(await fleet.ledger.read("slow")).toMatchObject({ state: "done", attempts: 1, holder: { host: "first" } });
  });

  it("survives a template that does not start", async () => {
    const store = await openStore(await server.connect());
    const place = scratch();
    await push(store, writeCheckpoint(join(place, "images"), pagesOf(1, seeded(1))), "web/one");
    const rejections: unknown[] = [];
    const listen = (error: unknown) => void rejections.push(error);
    process.on("unhandledRejection", listen);
    onTestFinished(() => void process.off("unhandledRejection", listen));
    const policy = { orders: [], configs: {}, checkpoints: [] };
    const start = (...command: readonly string[]) =>
      new Templates({ directory: join(place, "templates"), store, key: undefined, policy, command }).get(
        "web/one",
        undefined,
      );
    await expect(start("sh", "-c", "echo no memory >&2; sleep 0.1; exit 1")).rejects.toThrow(
      "Cannot make a template of web/one: no memory",
    );
    await expect(start("no-such-program")).rejects.toThrow("Cannot make a template of web/one: spawn no-such-program");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(rejections).toEqual([]);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
