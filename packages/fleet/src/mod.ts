/**
 * Keeps checkpoints in NATS JetStream, for many hosts.
 *
 * @module
 */
export { type Address, parseAddress } from "./nats/address.ts";
export { type Connection, connectTo } from "./nats/connect.ts";
export { type Collected, collect } from "./store/collect.ts";
export { type Listed, list, remove } from "./store/list.ts";
export type { Progress } from "./store/progress.ts";
export { type Pulled, pull } from "./store/pull.ts";
export { assertFree, type Pushed, push } from "./store/push.ts";
export { readStoreKey, type StoreKey } from "./store/seal.ts";
export { openStore, type Store } from "./store/store.ts";
