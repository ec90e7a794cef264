import type { Fleet } from "../fleet.ts";
import type { Order } from "../orders/order.ts";
import { contentOf, isSignedBy } from "../orders/signature.ts";
import type { Journal } from "./journal.ts";
import { type Policy, refused } from "./policy.ts";
import { roundsOf } from "./rounds.ts";
import type { SpentOrders } from "./spent.ts";

/**
 * Throws ERR_ORDER unless someone whom this host trusts has given an order. Returns what they have signed; undefined if this host trusts everyone.
 *
 * The records of orders are not signed, so this is also checked when an agent continues with an order that it reads from a record.
 */
export async function assertGiven(
  { signers }: Policy,
  { ledger }: Fleet,
  host: string,
  order: Order,
): Promise<Order | undefined> {
  if (signers === undefined) return undefined;
  const given = order.kind === "receive" ? (await ledger.read(order.of ?? ""))?.order : order;
  if (given === undefined || !isSignedBy(given, signers)) throw refused("nobody whom it trusts has signed it");
  if (order.kind === "receive" && !isPartOf(order, given, host)) throw refused("it is not what was signed");
  return given;
}

/** Throws ERR_ORDER if it is too late to begin with an order. */
export function assertFresh({ signers }: Policy, { expires }: Order): void {
  if (signers !== undefined && Date.now() > Date.parse(expires ?? "")) throw refused(`it was valid until ${expires}`);
}

/** Throws ERR_ORDER if this host has carried out an order before. What an order has left here, only this host can complete. */
export function assertUnspent(spent: SpentOrders, given: Order | undefined, journal: Journal): void {
  if (given !== undefined && spent.has(given) && !journal.isKept) throw refused("it has been carried out here before");
}

/** Whether a host can take a tree because of a signed migration. The host of the tree gives that order, and does not sign it. */
function isPartOf(receive: Order, migrate: Order, host: string): boolean {
  const { kind, to, tree, config } = migrate;
  const expected = {
    attempts: 1,
    checkpoint: roundsOf(receive.id),
    id: receive.id,
    kind: "receive",
    labels: { host },
    of: migrate.id,
    tree,
  };
  const whole = Object.entries({ ...expected, ...(config === undefined ? {} : { config }) }).sort();
  const isSame = JSON.stringify(Object.fromEntries(whole)) === JSON.stringify(contentOf(receive));
  return kind === "migrate" && to === host && isSame;
}
