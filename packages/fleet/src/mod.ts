/**
 * Keeps checkpoints in NATS JetStream, and gives orders to many hosts.
 *
 * @module
 */
export { type AgentOptions, runAgent } from "./agent/agent.ts";
export { type Policy, readPolicy } from "./agent/policy.ts";
export { type Dashboard, serveDashboard } from "./dashboard/serve.ts";
export { type Fleet, forget, openFleet, submit, submitGang } from "./fleet.ts";
export type { HostCard } from "./hosts/hosts.ts";
export type { TreeCard } from "./hosts/trees.ts";
export { type Address, parseAddress } from "./nats/address.ts";
export { type Connection, connectTo } from "./nats/connect.ts";
export { type Labels, parseLabels } from "./orders/labels.ts";
export { newOrder, type Order, type OrderKind } from "./orders/order.ts";
export { readSigningKey } from "./orders/signature.ts";
export { type Failure, isOver, type OrderRecord, type Result, type State } from "./orders/state.ts";
export { type Collected, collect } from "./store/collect.ts";
export { type Listed, list, remove } from "./store/list.ts";
export type { Progress } from "./store/progress.ts";
export { type Pulled, pull } from "./store/pull.ts";
export { assertFree, type Pushed, push } from "./store/push.ts";
export { readStoreKey, type StoreKey } from "./store/seal.ts";
export { openStore, type Store } from "./store/store.ts";
