import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { assertFresh, assertGiven } from "../src/agent/authority.ts";
import type { Fleet } from "../src/fleet.ts";
import { newOrder, type Order, parseOrder } from "../src/orders/order.ts";
import { signOrder } from "../src/orders/signature.ts";

const [trusted, stranger] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
const policy = { orders: [], configs: {}, checkpoints: [], signers: [stranger.publicKey, trusted.publicKey] };
const only = { ...policy, signers: [trusted.publicKey] };
const migrate = signOrder(
  newOrder({ kind: "migrate", id: "move", tree: "shop", to: "right", config: "web" }),
  trusted.privateKey,
);

/** A fleet that knows one order. */
const fleet = {
  ledger: { read: (id: string) => Promise.resolve(id === migrate.id ? { order: migrate } : undefined) },
} as unknown as Fleet;
const given = (order: Order, host = "right") =>
  assertGiven(only, fleet, host, parseOrder(JSON.parse(JSON.stringify(order))));

describe("a host that trusts signers", () => {
  const order = newOrder({
    kind: "clone",
    checkpoint: "web/one",
    values: { b: "1", a: "2" },
    labels: { zone: "b", disk: "a" },
  });

  it("accepts what one of them has signed", async () => {
    const signed = signOrder(order, trusted.privateKey);
    await given(signed);
    await assertGiven(policy, fleet, "right", signed);
    assertFresh(only, signed);
  });

  it("refuses anything else", async () => {
    const signed = signOrder(order, trusted.privateKey);
    const refused = [
      order,
      signOrder(order, stranger.privateKey),
      { ...signed, checkpoint: "web/two" },
      { ...signed, values: { b: "1", a: "3" } },
      { ...signed, expires: "2999-01-01" },
    ];
    for (const other of refused) await expect(given(other)).rejects.toThrow("nobody whom it trusts has signed it");
  });

  it("refuses a signed order that is too old", () => {
    const old = { ...signOrder(order, trusted.privateKey), expires: new Date(Date.now() - 1).toISOString() };
    expect(() => assertFresh(only, old)).toThrow("it was valid until");
  });

  it("accepts the part of the other host in a signed migration, and no other", async () => {
    const id = "move-1234";
    const part = { id, of: "move", tree: "shop", checkpoint: `migrate/${id}`, labels: { host: "right" }, attempts: 1 };
    const receive = newOrder({ kind: "receive", config: "web", ...part });
    await given(receive);
    for (const change of [{ of: "other" }, { tree: "db" }, { config: "db" }, { checkpoint: "migrate/other" }])
      await expect(given({ ...receive, ...change })).rejects.toThrow("refuses the order");
    for (const other of [receive, { ...receive, labels: { host: "left" } }])
      await expect(given(other, "left")).rejects.toThrow("it is not what was signed");
  });
});
