import type { Address, Store, StoreKey } from "@restage/fleet";
import type { Settings } from "../options/settings.ts";
import { type Fleet, loadFleet } from "./load-fleet.ts";

/** An open store, with its settings. */
export interface OpenStore {
  readonly fleet: Fleet;
  readonly store: Store;
  /** The name in the address. */
  readonly name: string;
  readonly key: StoreKey | undefined;
}

/** Opens the store of an address, `nats://HOST/NAME` or NAME, for as long as some work takes. */
export async function withStore<T>(
  settings: Settings,
  address: string,
  work: (open: OpenStore) => Promise<T>,
): Promise<T> {
  const fleet = await loadFleet();
  const parsed: Address = fleet.parseAddress(address, process.env);
  const { keyFile } = settings.store;
  const key = keyFile === undefined ? undefined : fleet.readStoreKey(keyFile);
  const connection = await fleet.connectTo(parsed, process.env);
  try {
    return await work({ fleet, store: await fleet.openStore(connection), name: parsed.name, key });
  } finally {
    await connection.close();
  }
}
