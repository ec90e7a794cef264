import { RestoreError } from "@restage/core";
import type { Bucket } from "../nats/bucket.ts";
import { changeRecord, encodeRecord } from "../nats/record.ts";
import type { Order } from "./order.ts";
import { advance, newRecord, type OrderEvent, type OrderRecord } from "./state.ts";

/** The records of all orders. Each change is written only if nobody else has changed the record meanwhile. */
export class Ledger {
  readonly #records: Bucket;

  constructor(records: Bucket) {
    this.#records = records;
  }

  /** Creates the record of a new order, or returns the one that exists. */
  async open(order: Order): Promise<OrderRecord> {
    const record = newRecord(order, now());
    if (await this.#records.update(keyOf(order.id), encodeRecord(record), 0)) return record;
    const existing = await this.read(order.id);
    if (existing !== undefined) return existing;
    // It was removed in between. A deleted key has a revision too.
    throw new RestoreError("ERR_ORDER", `The order ${order.id} was removed`, { hint: "choose another id" });
  }

  async read(id: string): Promise<OrderRecord | undefined> {
    return (await this.#records.get(keyOf(id)))?.json<OrderRecord>();
  }

  async list(): Promise<readonly OrderRecord[]> {
    const keys = await this.#records.keys(keyOf("*"));
    const records = await Promise.all(keys.map((key) => this.#records.get(key)));
    return records.flatMap((entry) => (entry === undefined ? [] : [entry.json<OrderRecord>()]));
  }

  /** Applies an event. Returns the record that it led to; undefined if the event was rejected. */
  async apply(id: string, event: OrderEvent): Promise<OrderRecord | undefined> {
    return await changeRecord<OrderRecord>(this.#records, keyOf(id), (before) => advance(before, event, now()));
  }

  async remove(id: string): Promise<void> {
    await this.#records.purge(keyOf(id));
  }
}

function keyOf(id: string): string {
  return `order.${id}`;
}

function now(): string {
  return new Date().toISOString();
}
