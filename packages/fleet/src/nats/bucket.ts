import { JetStreamApiError } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { Connection } from "./connect.ts";

/** JetStream's error code for a key with another revision than expected. */
const WRONG_REVISION = 10071;

/** JetStream's error code for a message that it does not find. */
const NO_MESSAGE = 10037;

/**
 * A bucket whose operations survive a broken connection.
 *
 * They also survive a fault of nats-server, seen with 2.9.10: after a crash, its index can lack a key whose message is in the stream. Reading the key then
 * finds nothing, and a write finds the revision 0. The server does not use that index for subjects with a wildcard, so a key that is not found is looked up
 * that way.
 */
export interface Bucket {
  /** Reads the value of a key from the leader of its stream. */
  get(key: string): Promise<KvEntry | undefined>;
  /** Reads the value from any replica, which is faster but can be outdated. */
  getFast(key: string): Promise<KvEntry | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
  /** Writes a key if it still has a revision; 0 if it must not exist. Returns whether it was written. */
  update(key: string, value: Uint8Array, revision: number): Promise<boolean>;
  /** The keys that match a pattern such as `push.>`. */
  keys(pattern: string): Promise<readonly string[]>;
  /** Deletes everything that matches a pattern, without a trace. */
  purge(pattern: string): Promise<void>;
  /** All keys with their sequence numbers and sizes. */
  sequences(): Promise<readonly Sequence[]>;
  /** How many values it has, and how many bytes they need. */
  total(): Promise<{ readonly count: number; readonly size: number }>;
  /** Deletes one message. If its key has been written again, the new message stays. */
  deleteSequence(sequence: number): Promise<void>;
}

export interface Sequence {
  readonly key: string;
  readonly sequence: number;
  readonly size: number;
}

export interface BucketOptions {
  readonly description: string;
  /** After how many milliseconds a key is forgotten that is not written again. */
  readonly ttl?: number;
}

/** Opens a bucket, and creates it if it does not exist. Throws ERR_STORE. */
export async function openBucket(connection: Connection, name: string, options: BucketOptions): Promise<Bucket> {
  const { manager, patiently } = connection;
  const buckets = new Kvm(connection.streams);
  // It creates the bucket if it does not exist.
  const bucket: KV = await patiently(() => buckets.create(name, { ...options, history: 1, allow_direct: true }));
  const stream = `KV_${name}`;
  const subject = (key: string): string => `$KV.${name}.${key}`;
  const leader = await patiently(() => buckets.open(name, { allow_direct: false }));
  const isValue = (entry: KvEntry | null): entry is KvEntry => entry !== null && entry.operation === "PUT";
  const lookUp = async (key: string): Promise<KvEntry | null> => {
    try {
      const message = await manager.streams.getMessage(stream, { last_by_subj: `*.${name}.${key}` });
      return message === null ? null : await leader.get(key, { revision: message.seq });
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return null;
      throw error;
    }
  };
  const write = async (key: string, value: Uint8Array, revision: number): Promise<boolean> => {
    try {
      await bucket.put(key, value, { previousSeq: revision });
      return true;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_REVISION) return false;
      throw error;
    }
  };
  return {
    get: (key) =>
      patiently(async () => {
        const entry = (await leader.get(key)) ?? (await lookUp(key));
        return isValue(entry) ? entry : undefined;
      }),
    getFast: (key) =>
      patiently(async () => {
        const entry = await bucket.get(key);
        return isValue(entry) ? entry : undefined;
      }),
    put: (key, value) =>
      patiently(async () => {
        await bucket.put(key, value);
      }),
    update: (key, value, revision) =>
      patiently(async () => {
        if (revision === 0 && isValue(await lookUp(key))) return false;
        if (await write(key, value, revision)) return true;
        if (revision === 0 || (await leader.get(key)) !== null) return false;
        return (await lookUp(key))?.revision === revision && (await write(key, value, 0));
      }),
    keys: (pattern) =>
      patiently(async () => {
        const { state } = await manager.streams.info(stream, { subjects_filter: subject(pattern) });
        return Object.keys(state.subjects ?? {}).map((found) => found.slice(subject("").length));
      }),
    purge: (pattern) =>
      patiently(async () => {
        await manager.streams.purge(stream, { filter: subject(pattern) });
      }),
    sequences: () =>
      patiently(async () => {
        const found: Sequence[] = [];
        // In a variable, because the declared type lacks `headers_only`.
        const wanted = { key: ">", headers_only: true };
        for await (const { key, revision, length } of await bucket.history(wanted)) {
          found.push({ key, sequence: revision, size: length });
        }
        return found;
      }),
    total: () =>
      patiently(async () => {
        const { state } = await manager.streams.info(stream);
        return { count: state.messages, size: state.bytes };
      }),
    deleteSequence: (sequence) =>
      patiently(async () => {
        try {
          await manager.streams.deleteMessage(stream, sequence, false);
        } catch (error) {
          // The message is gone already.
          if (!(error instanceof JetStreamApiError)) throw error;
          if (error.code !== 10057 && error.code !== 10043) throw error;
        }
      }),
  };
}
