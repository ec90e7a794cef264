import { type KeyObject, randomUUID } from "node:crypto";
import { RestoreError } from "@restage/core";
import { Hosts } from "./hosts/hosts.ts";
import { Trees } from "./hosts/trees.ts";
import { openBucket } from "./nats/bucket.ts";
import type { Connection } from "./nats/connect.ts";
import { type GangKind, newGang } from "./orders/gang.ts";
import { Gangs } from "./orders/gangs.ts";
import { Ledger } from "./orders/ledger.ts";
import { newOrder, type Order } from "./orders/order.ts";
import { Queue } from "./orders/queue.ts";
import { contentOf, signOrder } from "./orders/signature.ts";
import { isOver, type OrderRecord } from "./orders/state.ts";

/** Hosts, trees and orders, as every machine sees them. */
export interface Fleet {
  readonly hosts: Hosts;
  readonly trees: Trees;
  readonly ledger: Ledger;
  readonly gangs: Gangs;
  readonly queue: Queue;
  /** After how many milliseconds an order of a silent host goes to another one. */
  readonly lease: number;
}

const LEASE = 30_000;

/** Opens the fleet of a server, and creates it if it does not exist. Throws ERR_STORE. */
export async function openFleet(connection: Connection, lease = LEASE): Promise<Fleet> {
  const records = await openBucket(connection, "restage-fleet", { description: "Orders and trees of the fleet" });
  const cards = await openBucket(connection, "restage-hosts", { description: "Hosts of the fleet", ttl: lease });
  return {
    hosts: new Hosts(cards),
    trees: new Trees(records),
    ledger: new Ledger(records),
    gangs: new Gangs(records),
    queue: await Queue.open(connection, lease),
    lease,
  };
}

/**
 * Gives an order. An order whose id is known already is not given again.
 *
 * @param key signs it. The orders of agents have no signature: hosts compare them with the order that they are part of.
 *
 * Throws ERR_ORDER if another order has the id.
 */
export async function submit({ ledger, queue }: Fleet, wanted: Order, key?: KeyObject): Promise<OrderRecord> {
  const order = key === undefined ? wanted : signOrder(wanted, key);
  const known = await ledger.read(order.id);
  if (known !== undefined && JSON.stringify(contentOf(known.order)) !== JSON.stringify(contentOf(order))) {
    const hint = `choose another name, or forget that order: \`restage fleet rm ${order.id}\``;
    throw new RestoreError("ERR_ORDER", `Another order has the id ${order.id}`, { hint });
  }
  // The message comes first: a host creates the record if we end in between. It is new to JetStream even if an order with this id was forgotten just now.
  if (known === undefined) await queue.put(order, randomUUID());
  return known ?? (await ledger.open(order));
}

/** Gives the orders of a gang, whose trees pass every stage together. Throws ERR_ORDER if another order has an id of theirs. */
export async function submitGang(
  fleet: Fleet,
  kind: GangKind,
  orders: readonly Order[],
  key?: KeyObject,
): Promise<void> {
  const members = orders.map(({ id }) => id);
  const [gang = ""] = members;
  // The record comes first: a host that takes an order finds it. Members that are never given make the gang fail.
  await fleet.gangs.open(newGang(gang, kind, members));
  for (const order of orders) await submit(fleet, newOrder({ ...order, gang, members }), key);
}

/** Forgets an order that is over, and its tree. */
export async function forget({ ledger, trees, queue, gangs }: Fleet, id: string): Promise<void> {
  const record = await ledger.read(id);
  // A message that no host has confirmed, for example because the order was canceled, would make it a new order.
  if (record !== undefined) await queue.remove(record.order);
  const gang = record?.order.gang;
  if (gang !== undefined) {
    const members = (await gangs.read(gang))?.members ?? [];
    const records = await Promise.all(members.map((member) => ledger.read(member)));
    // A member that is not over still has to read how the gang was decided.
    if (records.every((member) => member === undefined || isOver(member))) await gangs.remove(gang);
  }
  await ledger.remove(id);
  await trees.remove(id);
}
