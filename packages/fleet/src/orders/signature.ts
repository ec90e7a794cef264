/** Signatures of orders: Ed25519, over everything that the order says. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { reason } from "../reason.ts";
import { newOrder, type Order } from "./order.ts";

/** How long hosts can begin with a signed order, in milliseconds. */
const VALIDITY = 24 * 3600 * 1000;
const TYPE = "ed25519";

/** Reads a private key, as `openssl genpkey -algorithm ed25519` makes it. Throws ERR_OPTION. */
export function readSigningKey(file: string): KeyObject {
  return readKey(file, createPrivateKey);
}

/** Reads a public key, as `openssl pkey -pubout` prints it. Throws ERR_OPTION. */
export function readPublicKey(file: string): KeyObject {
  return readKey(file, createPublicKey);
}

export function signOrder(order: Order, key: KeyObject): Order {
  const expires = new Date(Date.now() + VALIDITY).toISOString();
  const signed = newOrder({ ...order, expires });
  return newOrder({ ...signed, signature: sign(null, textOf(signed), key).toString("base64") });
}

/** Whether one of some keys has signed an order. */
export function isSignedBy(order: Order, keys: readonly KeyObject[]): boolean {
  const signature = Buffer.from(order.signature ?? "", "base64");
  return keys.some((key) => verify(null, textOf(order), key, signature));
}

/** An order without its signature, and without the time until which it is valid. */
export function contentOf({ signature: _signature, expires: _expires, ...content }: Order): Partial<Order> {
  return content;
}

/** The same text for the same signed order. */
export function digestOf(order: Order): string {
  return createHash("sha256").update(textOf(order)).digest("hex");
}

/** The members of an order are sorted, so its text is the same everywhere. */
function textOf({ signature: _signature, ...signed }: Order): Buffer {
  return Buffer.from(`restage order\n${JSON.stringify(signed)}`);
}

function readKey(file: string, read: (text: Buffer) => KeyObject): KeyObject {
  const hint = "make one: `openssl genpkey -algorithm ed25519 -out orders.key; openssl pkey -in orders.key -pubout`";
  let key: KeyObject;
  try {
    key = read(readFileSync(file));
  } catch (cause) {
    throw new RestoreError("ERR_OPTION", `Cannot read the key ${file}: ${reason(cause)}`, { hint, cause });
  }
  if (key.asymmetricKeyType === TYPE) return key;
  throw new RestoreError("ERR_OPTION", `Cannot use the key ${file}: it is not an Ed25519 key`, { hint });
}
