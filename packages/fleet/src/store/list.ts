import { manifestKey, nameOf, noCheckpoint, readManifest } from "./manifest.ts";
import type { Store } from "./store.ts";

/** A checkpoint of the store. */
export interface Listed {
  readonly name: string;
  readonly size: number;
  readonly created: string;
  readonly encrypted: boolean;
}

/** Lists all checkpoints, by name. */
export async function list(store: Store): Promise<readonly Listed[]> {
  const names = (await store.names.keys(manifestKey(">"))).map(nameOf).sort();
  const found: Listed[] = [];
  for (const name of names) {
    const manifest = await readManifest(store, name);
    if (manifest === undefined) continue;
    const { size, created, encrypted } = manifest;
    found.push({ name, size, created, encrypted });
  }
  return found;
}

/** Removes a name. A garbage collection then deletes the chunks that only this checkpoint had. Throws ERR_STORE. */
export async function remove(store: Store, name: string): Promise<void> {
  if ((await store.names.get(manifestKey(name))) === undefined) throw noCheckpoint(store, name);
  await store.names.purge(manifestKey(name));
}
