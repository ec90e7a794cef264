import { randomBytes } from "node:crypto";
import { RestoreError } from "@restage/core";
import { CHECKPOINT_NAME } from "../nats/address.ts";
import { isObject } from "../values.ts";
import { type Labels, parseLabels } from "./labels.ts";

/** What a host is asked to do. It names things; it never contains code, paths or options. */
export interface Order {
  /** Also its idempotency key: an order with an id that is known is not carried out again. */
  readonly id: string;
  readonly kind: OrderKind;
  /** A host must have all of these labels. */
  readonly labels: Labels;
  /** How many hosts can begin before the order fails. */
  readonly attempts: number;
  /** The name of the tree that it starts, saves or ends. */
  readonly tree: string;
  /** The checkpoint that it restores, or the name under which it pushes one. */
  readonly checkpoint?: string;
  /** A configuration, by the name that the host's policy gives it. */
  readonly config?: string;
  /** What plugins read as `clone.values`. */
  readonly values?: Readonly<Record<string, string>>;
  /** Whether the tree keeps running after a checkpoint. */
  readonly leaveRunning?: boolean;
  /** The host to which the tree migrates. */
  readonly to?: string;
  /** The order that a tree comes with. */
  readonly of?: string;
  /** The gang that it belongs to. */
  readonly gang?: string;
  /** The ids of all orders of the gang, so that what was signed says which trees pass every stage together. */
  readonly members?: readonly string[];
  /** When hosts no longer begin with it; signed orders have it. */
  readonly expires?: string;
  /** Who gives the order has signed everything else in it. Base64. */
  readonly signature?: string;
}

/** Which members the kinds of orders need and take, besides those that all have. */
export const KINDS = {
  restore: { needs: ["checkpoint"], takes: ["config", "gang", "members"] },
  clone: { needs: ["checkpoint"], takes: ["config", "values"] },
  checkpoint: { needs: ["checkpoint"], takes: ["config", "leaveRunning", "gang", "members"] },
  stop: { needs: [], takes: [] },
  /** Moves a tree to another host, while it runs. */
  migrate: { needs: ["to"], takes: ["config"] },
  /** The part of the other host. The host of the tree gives this order. */
  receive: { needs: ["checkpoint", "of"], takes: ["config"] },
} as const satisfies Record<string, { readonly needs: readonly Member[]; readonly takes: readonly Member[] }>;

export type OrderKind = keyof typeof KINDS;
type Member = Exclude<keyof Order, (typeof COMMON)[number] | (typeof SIGNED)[number]>;

const COMMON = ["id", "kind", "labels", "attempts", "tree"] as const;
const SIGNED = ["expires", "signature"] as const;
const ATTEMPTS = 5;

/** Names become keys of buckets and parts of paths. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** A new order. Throws ERR_OPTION. */
export function newOrder(order: Partial<Order> & Pick<Order, "kind">): Order {
  const id = order.id ?? `${order.kind}-${randomBytes(5).toString("hex")}`;
  return parseOrder({ labels: {}, attempts: ATTEMPTS, tree: id, ...order, id });
}

/** Checks an order that came from outside. Throws ERR_OPTION if it has anything that is unknown. */
export function parseOrder(value: unknown): Order {
  if (!isObject(value)) throw bad("it is not an object");
  const { kind } = value;
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) throw bad(`its kind is ${JSON.stringify(kind)}`);
  const { needs, takes } = KINDS[kind as OrderKind];
  const given = Object.keys(value)
    .filter((member) => value[member] !== undefined)
    .sort();
  const known: readonly string[] = [...COMMON, ...SIGNED, ...needs, ...takes];
  const unknown = given.find((member) => !known.includes(member));
  if (unknown !== undefined) throw bad(`${kind} does not take ${unknown}`);
  const missing = [...COMMON, ...needs].find((member) => !given.includes(member));
  if (missing !== undefined) throw bad(`${kind} needs ${missing}`);
  for (const member of given) {
    const why = CHECKS[member as keyof Order](value[member]);
    if (why !== undefined) throw bad(`${member}: ${why}`);
  }
  return Object.fromEntries(given.map((member) => [member, value[member]])) as unknown as Order;
}

type Check = (value: unknown) => string | undefined;

function matching(pattern: RegExp, expected: string): Check {
  return (value) => (typeof value === "string" && pattern.test(value) ? undefined : `expected ${expected}`);
}

const named = matching(NAME, "up to 64 letters, digits, - and _");

const CHECKS: Readonly<Record<keyof Order, Check>> = {
  id: named,
  tree: named,
  config: named,
  to: named,
  of: named,
  gang: named,
  members: (value) =>
    Array.isArray(value) && value.every((member) => named(member) === undefined) ? undefined : "expected a list of ids",
  signature: matching(/^[A-Za-z0-9+/]{86}==$/, "a signature"),
  expires: (value) => (Number.isNaN(Date.parse(String(value))) ? "expected a time" : undefined),
  kind: () => undefined,
  checkpoint: matching(CHECKPOINT_NAME, "the name of a checkpoint"),
  attempts: (value) =>
    Number.isInteger(value) && (value as number) > 0 ? undefined : "expected a whole number above 0",
  leaveRunning: (value) => (typeof value === "boolean" ? undefined : "expected true or false"),
  values: (value) =>
    isObject(value) && Object.values(value).every((text) => typeof text === "string")
      ? undefined
      : "expected an object of strings",
  labels: (value) => {
    try {
      parseLabels(isObject(value) ? Object.entries(value).map(([key, text]) => `${key}=${text}`) : [String(value)]);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
};

function bad(why: string): RestoreError {
  return new RestoreError("ERR_OPTION", `Cannot read the order: ${why}`);
}
