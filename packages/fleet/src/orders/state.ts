/**
 * The life of an order. This file is the whole protocol between hosts: every change of an order is one of these transitions, written with the revision of
 * the record that it was computed from, so of two hosts that change it at once one wins and the other one computes again.
 *
 * A host begins with `take`, which gives it a token. Only the holder of the current token can `commit`, and a tree runs only after its host has committed.
 * So a tree never runs twice: a host that lost its lease finds that another one has taken the order, and rolls its restore back. From the commit on, the
 * order belongs to its host. Nobody else begins again, even if the host is never seen again: that host alone knows whether the tree runs.
 */
import { RestoreError, type RestoreErrorData } from "@restage/core";
import type { Order } from "./order.ts";

/** The states, and what the events make of them. Anything not listed is rejected. */
export const TRANSITIONS = {
  /** Waits for a host. */
  queued: { take: "taken", decline: "queued", exhaust: "failed", cancel: "failed" },
  /** A host works on it; everything that it does can still be undone. */
  taken: {
    take: "taken",
    decline: "queued",
    commit: "committed",
    release: "queued",
    finish: "done",
    fail: "failed",
    exhaust: "failed",
    cancel: "failed",
  },
  /** The host carries it out now, or has done so. */
  committed: { release: "queued", finish: "done", fail: "failed", lose: "failed" },
  done: {},
  /** A host that was given up can come back, with what it alone has. */
  failed: { finish: "done" },
} as const satisfies Record<string, Partial<Record<OrderEvent["kind"], string>>>;

export type State = keyof typeof TRANSITIONS;

export type OrderEvent =
  /** A host begins. An earlier host that has not committed loses the order. */
  | { readonly kind: "take"; readonly holder: Holder }
  /** A host does not begin, because it cannot carry the order out. */
  | { readonly kind: "decline"; readonly failure: Failure }
  /** The holder is about to do what cannot be undone. */
  | { readonly kind: "commit"; readonly token: string; readonly result: Result }
  /** The holder has rolled back; without a failure, because its agent ended. */
  | { readonly kind: "release"; readonly token: string; readonly failure?: Failure }
  | { readonly kind: "finish"; readonly token: string; readonly result: Result }
  /** The holder failed, and another attempt would be wrong. */
  | { readonly kind: "fail"; readonly token: string; readonly failure: Failure }
  /** No host is left that could try. */
  | { readonly kind: "exhaust"; readonly failure: Failure }
  /** The host that has committed is gone. */
  | { readonly kind: "lose"; readonly failure: Failure }
  /** A user has changed their mind. */
  | { readonly kind: "cancel"; readonly failure: Failure };

/** The host that works on an order, for as long as its token is the current one. */
export interface Holder {
  readonly host: string;
  readonly token: string;
}

/** What an order has achieved: the root task of the tree, the checkpoint. */
export type Result = Readonly<Record<string, string | number | boolean>>;

/** A failure on a host, with everything that is known about it. */
export interface Failure {
  readonly host: string;
  readonly error: RestoreErrorData;
}

/** What is known about an order. */
export interface OrderRecord {
  readonly order: Order;
  readonly state: State;
  /** The number of times that a host has begun. */
  readonly attempts: number;
  readonly holder?: Holder;
  readonly result?: Result;
  /** Why hosts did not carry it out; the last one is why the order failed, if it did. */
  readonly failures: readonly Failure[];
  readonly since: string;
}

export function newRecord(order: Order, since: string): OrderRecord {
  return { order, state: "queued", attempts: 0, failures: [], since };
}

export function isOver({ state }: OrderRecord): boolean {
  return state === "done" || state === "failed";
}

/**
 * The record after an event; undefined if the event comes too late, or from a host that no longer holds the order. An event that has had its effect already
 * leaves the record as it is: a host repeats an event whose answer was lost.
 */
export function advance(record: OrderRecord, event: OrderEvent, since: string): OrderRecord | undefined {
  if (hadEffect(record, event)) return record;
  if ("token" in event && event.token !== record.holder?.token) return undefined;
  const next: State | undefined = (TRANSITIONS[record.state] as Partial<Record<OrderEvent["kind"], State>>)[event.kind];
  if (next === undefined) return undefined;
  const failure = "failure" in event ? event.failure : undefined;
  const failures = failure === undefined ? record.failures : [...record.failures, failure];
  const { order, attempts, holder, result } = record;
  const isTired = attempts >= order.attempts;
  switch (event.kind) {
    case "take":
      if (isTired) return { order, attempts, failures: [...failures, tired(record)], state: "failed", since };
      return { order, attempts: attempts + 1, holder: event.holder, failures, state: next, since };
    case "commit":
    case "finish":
      return { ...record, result: { ...result, ...event.result }, state: next, since };
    case "release":
      return { order, attempts, failures, state: isTired && failure !== undefined ? "failed" : next, since };
    case "decline":
    case "cancel":
      return { order, attempts, failures, state: next, since };
    default:
      return { ...record, failures, state: next, ...(holder === undefined ? {} : { holder }), since };
  }
}

function hadEffect({ state, holder }: OrderRecord, event: OrderEvent): boolean {
  const token = event.kind === "take" ? event.holder.token : "token" in event ? event.token : undefined;
  if (token === undefined || token !== holder?.token) return false;
  const after = { take: "taken", commit: "committed", finish: "done", fail: "failed", release: undefined } as const;
  return event.kind in after && after[event.kind as keyof typeof after] === state;
}

function tired({ order: { id }, attempts, holder }: OrderRecord): Failure {
  const hint = `\`restage fleet logs ${id}\` shows what each attempt did; fix the cause, and give a new order`;
  const message = `${attempts} hosts began with ${id}, and none of them ended`;
  return { host: holder?.host ?? "", error: new RestoreError("ERR_ORDER", message, { hint }).toJSON() };
}
