import type { Fleet } from "../fleet.ts";
import type { HostCard } from "../hosts/hosts.ts";
import type { TreeCard } from "../hosts/trees.ts";
import type { OrderKind } from "../orders/order.ts";
import type { State } from "../orders/state.ts";
import { type Listed, list } from "../store/list.ts";
import type { Store } from "../store/store.ts";

/** What the dashboard shows. */
export interface FleetState {
  readonly hosts: readonly HostCard[];
  readonly trees: readonly TreeCard[];
  readonly orders: readonly ShownOrder[];
  readonly checkpoints: readonly Listed[];
  /** What the store has, with chunks that only garbage collections see. */
  readonly store: { readonly chunks: number; readonly size: number };
}

interface ShownOrder {
  readonly id: string;
  readonly kind: OrderKind;
  readonly gang: string | undefined;
  readonly state: State;
  readonly host: string | undefined;
  readonly failure: string | undefined;
}

export async function readFleetState(fleet: Fleet, store: Store): Promise<FleetState> {
  const [hosts, trees, records, checkpoints, { count, size }] = await Promise.all([
    fleet.hosts.list(),
    fleet.trees.list(),
    fleet.ledger.list(),
    list(store),
    store.chunks.total(),
  ]);
  const orders = records.map(({ order: { id, kind, gang }, state, holder, failures }) => {
    const failure = failures.at(-1)?.error.message;
    return { id, kind, gang, state, host: holder?.host, failure };
  });
  return { hosts, trees, orders, checkpoints, store: { chunks: count, size } };
}
