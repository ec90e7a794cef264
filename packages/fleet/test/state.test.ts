import { describe, expect, it } from "vitest";
import { matches, parseLabels, printLabels, queueOf } from "../src/orders/labels.ts";
import { newOrder, parseOrder } from "../src/orders/order.ts";
import { advance, type Failure, isOver, newRecord, type OrderEvent, type OrderRecord } from "../src/orders/state.ts";

const failure = (host: string): Failure => ({ host, error: { code: "ERR_SYSCALL", message: "no" } });
const take = (host: string, token: string): OrderEvent => ({ kind: "take", holder: { host, token } });
const order = newOrder({ kind: "restore", id: "web", checkpoint: "web/one", attempts: 3 });

/** The record after events; those that are rejected change nothing. */
function after(...events: readonly OrderEvent[]): OrderRecord {
  return events.reduce((record, event) => advance(record, event, "") ?? record, newRecord(order, ""));
}

describe("the life of an order", () => {
  it("is taken, committed and done by one host", () => {
    const done = after(
      take("a", "1"),
      { kind: "commit", token: "1", result: { pid: 7 } },
      { kind: "finish", token: "1", result: { frozen: 2 } },
    );
    expect(done).toMatchObject({ state: "done", attempts: 1, holder: { host: "a" }, result: { pid: 7, frozen: 2 } });
    expect(isOver(done)).toBe(true);
  });

  it("lets no host commit whose lease another one has taken over", () => {
    const taken = after(take("a", "1"), take("b", "2"));
    expect(advance(taken, { kind: "commit", token: "1", result: {} }, "")).toBeUndefined();
    expect(advance(taken, { kind: "finish", token: "1", result: {} }, "")).toBeUndefined();
    expect(advance(taken, { kind: "commit", token: "2", result: {} }, "")?.state).toBe("committed");
  });

  it("belongs to its host from the commit on: nobody takes or cancels it", () => {
    const committed = after(take("a", "1"), { kind: "commit", token: "1", result: {} });
    expect(advance(committed, take("b", "2"), "")).toBeUndefined();
    expect(advance(committed, { kind: "cancel", failure: failure("") }, "")).toBeUndefined();
    expect(advance(committed, { kind: "decline", failure: failure("b") }, "")).toBeUndefined();
    expect(advance(committed, { kind: "lose", failure: failure("a") }, "")).toMatchObject({ state: "failed" });
  });

  it("is done when a host that was given up comes back with what it has, unless it was cancelled", () => {
    const finish: OrderEvent = { kind: "finish", token: "1", result: { sent: 2 } };
    const lost = after(
      take("a", "1"),
      { kind: "commit", token: "1", result: {} },
      { kind: "lose", failure: failure("b") },
    );
    expect(isOver(lost)).toBe(true);
    expect(advance(lost, finish, "")).toMatchObject({ state: "done", result: { sent: 2 } });
    expect(advance(lost, { ...finish, token: "2" }, "")).toBeUndefined();
    const cancelled = after(take("a", "1"), { kind: "cancel", failure: failure("") });
    expect(advance(cancelled, finish, "")).toBeUndefined();
  });

  it("waits again after a host that rolled back, even one that had committed", () => {
    const released = after(
      take("a", "1"),
      { kind: "commit", token: "1", result: { pid: 7 } },
      { kind: "release", token: "1", failure: failure("a") },
    );
    expect(released).toMatchObject({ state: "queued", failures: [{ host: "a" }] });
    expect(released).not.toHaveProperty("holder");
    expect(released).not.toHaveProperty("result");
  });

  it("fails after the last attempt, with what the last host said", () => {
    const attempts = ["1", "2", "3"].flatMap((token): OrderEvent[] => [
      take("a", token),
      { kind: "release", token, failure: failure(`a${token}`) },
    ]);
    expect(after(...attempts)).toMatchObject({ state: "failed", attempts: 3, failures: { 2: { host: "a3" } } });
  });

  it("fails when one host after the other ends without a word", () => {
    const record = after(take("a", "1"), take("a", "2"), take("b", "3"), take("a", "4"));
    expect(record).toMatchObject({ state: "failed", attempts: 3, failures: [{ error: { code: "ERR_ORDER" } }] });
  });

  it("accepts an event again whose answer was lost", () => {
    const committed = after(take("a", "1"), { kind: "commit", token: "1", result: { pid: 7 } });
    expect(advance(committed, { kind: "commit", token: "1", result: { pid: 7 } }, "later")).toBe(committed);
    const taken = after(take("a", "1"));
    expect(advance(taken, take("a", "1"), "later")).toBe(taken);
  });

  it("never changes once it is over", () => {
    const events: OrderEvent[] = [
      take("b", "2"),
      { kind: "decline", failure: failure("b") },
      { kind: "cancel", failure: failure("") },
      { kind: "lose", failure: failure("a") },
      { kind: "exhaust", failure: failure("") },
      { kind: "release", token: "1", failure: failure("a") },
    ];
    const done = after(take("a", "1"), { kind: "finish", token: "1", result: {} });
    for (const event of events) expect(advance(done, event, ""), event.kind).toBeUndefined();
  });
});

describe("an order", () => {
  it("has only members that its kind takes, each of its type", () => {
    expect(order).toMatchObject({ id: "web", tree: "web", labels: {}, attempts: 3 });
    const wrong = (change: object) => () => parseOrder({ ...order, ...change });
    expect(wrong({ command: "rm" })).toThrow("restore does not take command");
    expect(wrong({ kind: "run" })).toThrow('its kind is "run"');
    expect(wrong({ checkpoint: undefined })).toThrow("restore needs checkpoint");
    expect(wrong({ checkpoint: "../etc" })).toThrow("checkpoint: expected the name of a checkpoint");
    expect(wrong({ config: "/tmp/evil.ts" })).toThrow("config: expected up to 64 letters");
    expect(wrong({ id: "a.b" })).toThrow("id: expected");
    expect(wrong({ labels: { zone: "a b" } })).toThrow('Cannot read the label "zone=a b"');
    expect(wrong({ attempts: 0 })).toThrow("attempts: expected a whole number above 0");
    expect(() => parseOrder([])).toThrow("it is not an object");
  });

  it("goes to hosts that have all of its labels", () => {
    const host = parseLabels(["host=one", "zone=a", "gpu=yes"]);
    expect(matches(host, {})).toBe(true);
    expect(matches(host, { zone: "a", gpu: "yes" })).toBe(true);
    expect(matches(host, { zone: "b" })).toBe(false);
    expect(matches(host, { disk: "fast" })).toBe(false);
    expect(printLabels({ zone: "a", gpu: "yes" })).toBe("gpu=yes,zone=a");
    expect(queueOf({ zone: "a", gpu: "yes" })).toBe(queueOf({ gpu: "yes", zone: "a" }));
    expect(queueOf({ zone: "a" })).not.toBe(queueOf({ zone: "b" }));
  });
});
