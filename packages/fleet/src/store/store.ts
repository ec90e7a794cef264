import { RestoreError } from "@restage/core";
import { type Bucket, openBucket } from "../nats/bucket.ts";
import type { Connection } from "../nats/connect.ts";

/** The two buckets of a store: chunks by digest; names, with the announcements that protect chunks. */
const CHUNKS = "restage-chunks";
const NAMES = "restage-images";

/**
 * A store of checkpoints in JetStream. Chunks are in a bucket of their own: one message each, which is written once and deleted by its sequence number.
 * This makes a garbage collection safe while pushes run. JetStream's object store does not fit, because it stores an object as several messages.
 */
export interface Store {
  readonly server: string;
  readonly chunks: Bucket;
  readonly names: Bucket;
}

/** Opens the store of a server, and creates it if it does not exist. Throws ERR_STORE. */
export async function openStore(connection: Connection): Promise<Store> {
  return {
    server: connection.server,
    chunks: await openBucket(connection, CHUNKS, { description: "Chunks of checkpoints" }),
    names: await openBucket(connection, NAMES, { description: "Checkpoints by name" }),
  };
}

/** The key of a chunk. Its first part is short, so that the chunks of a push can be looked up a few at a time. */
export function chunkKey(id: string): string {
  return `${prefixOf(id)}.${id}`;
}

export function prefixOf(id: string): string {
  return id.slice(0, 2);
}

export function chunkId(key: string): string {
  return key.slice(3);
}

/** Reads a chunk as it is stored. Throws ERR_STORE if it is not there. */
export async function readChunk({ chunks }: Store, id: string): Promise<Uint8Array> {
  // A replica can lag behind.
  const entry = (await chunks.getFast(chunkKey(id))) ?? (await chunks.get(chunkKey(id)));
  if (entry !== undefined) return entry.value;
  const hint = "check with `restage store ls` whether the checkpoint was removed; otherwise the store has lost data";
  throw new RestoreError("ERR_STORE", `The store has no chunk ${id}`, { hint });
}
