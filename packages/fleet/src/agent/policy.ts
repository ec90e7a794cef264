import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { assertTrusted } from "@restage/core/internal";
import { KINDS, type Order, type OrderKind } from "../orders/order.ts";
import { readPublicKey } from "../orders/signature.ts";
import { reason } from "../reason.ts";
import { isObject } from "../values.ts";

/** What orders a host accepts. Nothing that a message carries becomes a path or an option: an order chooses by name what is listed here. */
export interface Policy {
  /** The kinds of orders. */
  readonly orders: readonly OrderKind[];
  /** Configuration files by name. `default` is used for orders that name none. */
  readonly configs: Readonly<Record<string, string>>;
  /** Names of checkpoints; `*` matches anything. */
  readonly checkpoints: readonly string[];
  /** The public keys of those who can give orders; by default, anyone can. */
  readonly signers?: readonly KeyObject[];
}

const MEMBERS = ["orders", "configs", "checkpoints", "signers"];

const OPEN: Policy = { orders: Object.keys(KINDS) as OrderKind[], configs: {}, checkpoints: ["*"] };

/** Reads a policy: JSON. Without a file, a host accepts all kinds of orders, but no configurations. Throws ERR_CONFIG. */
export function readPolicy(file: string | undefined): Policy {
  if (file === undefined) return OPEN;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new RestoreError("ERR_CONFIG", `Cannot read the policy ${file}: ${reason(cause)}`, { cause });
  }
  const bad = (why: string) => new RestoreError("ERR_CONFIG", `Cannot use the policy ${file}: ${why}`);
  if (!isObject(value)) throw bad("it is not an object");
  const unknown = Object.keys(value).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined) throw bad(`it has no member ${unknown}; use ${MEMBERS.join(", ")}`);
  const { orders = OPEN.orders, configs = {}, checkpoints = OPEN.checkpoints, signers } = value;
  if (!isList(orders) || orders.some((kind) => !Object.hasOwn(KINDS, kind)))
    throw bad(`orders must be a list of ${Object.keys(KINDS).join(", ")}`);
  if (!isList(checkpoints)) throw bad("checkpoints must be a list of names");
  if (!isObject(configs) || Object.values(configs).some((path) => typeof path !== "string" || !path.startsWith("/")))
    throw bad("configs must be an object of absolute paths");
  const policy = { orders: orders as OrderKind[], configs: configs as Record<string, string>, checkpoints };
  if (signers === undefined) return policy;
  if (!isList(signers) || signers.some((path) => !path.startsWith("/")))
    throw bad("signers must be a list of absolute paths");
  for (const file of signers) assertTrusted(file);
  return { ...policy, signers: signers.map(readPublicKey) };
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Throws ERR_ORDER if this host does not accept an order. */
export function assertAllowed({ orders, configs, checkpoints }: Policy, order: Order): void {
  const { kind, config, checkpoint } = order;
  if (!orders.includes(kind)) throw refused(`it does not accept orders to ${kind}`);
  if (config !== undefined && !Object.hasOwn(configs, config)) throw refused(`it has no configuration ${config}`);
  if (checkpoint !== undefined && !checkpoints.some((pattern) => isLike(checkpoint, pattern)))
    throw refused(`it does not accept the checkpoint ${checkpoint}`);
}

/** The words of the command line for a configuration. */
export function configWords({ configs }: Policy, name: string | undefined): readonly string[] {
  const file = configs[name ?? "default"];
  return file === undefined ? ["--no-config"] : ["--config", file];
}

function isLike(name: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

export function refused(why: string): RestoreError {
  return new RestoreError("ERR_ORDER", `The policy of this host refuses the order: ${why}`, {
    hint: "change the file that `restage agent --policy` names, or send the order to another host",
  });
}
