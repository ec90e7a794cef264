import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { describeUnless } from "../../../test/support/requirements.ts";
import { Templates } from "../src/agent/templates.ts";
import { type Fleet, forget, newOrder, openFleet, openStore, push, submit } from "../src/mod.ts";
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
