import { randomUUID } from "node:crypto";
import { RestoreError } from "@restage/core";
import { runPooled } from "./pool.ts";
import { chunkId, prefixOf, type Store } from "./store.ts";

/**
 * Pushes and garbage collections run at the same time without a lock:
 *
 * - A push announces chunks before it checks which of them the store has. Then it checks whether a collection is running. If so, it uploads all announced
 *   chunks, even those that the store has.
 * - A collection first records that it is running. Then it lists the messages of all chunks, reads the announcements, and reads the manifests, in this
 *   order. It deletes messages that neither names, by sequence number.
 *
 * If a push does not see a collection, the collection reads the announcements of the push. If it does, the collection can delete only messages that are
 * older than those of the push. A push ends by writing its manifest and then removing its announcements; a collection reads in the opposite order.
 */
export const COLLECTION = "collection";

/** The value of the key. */
export interface CollectionState {
  /** The id of the running collection; empty if there is none. */
  readonly running: string;
  readonly host: string;
  readonly since: string;
}

const ID_SIZE = 32;
const LOOKUPS = 16;

export function announcementsOf(push: string): string {
  return `push.${push}.>`;
}

export const ALL_ANNOUNCEMENTS = "push.>";

/** The id of the push that made an announcement. */
export function pushOf(key: string): string {
  return key.split(".")[1] ?? "";
}

export function decodeIds(value: Uint8Array): readonly string[] {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  return Array.from({ length: bytes.length / ID_SIZE }, (_, index) =>
    bytes.toString("hex", index * ID_SIZE, (index + 1) * ID_SIZE),
  );
}

/** The announcements of one push. */
export class Announcements {
  readonly push: string;
  readonly #store: Store;
  #count = 0;
  /** The revision of the collection's key for which the known chunks are valid. */
  #revision = -1;
  readonly #known = new Map<string, ReadonlySet<string>>();

  /** @param id of the push: a new one for each. */
  constructor(store: Store, id: string = randomUUID()) {
    this.#store = store;
    this.push = id;
  }

  /** Announces chunks. Returns those that must be uploaded. */
  async announce(ids: readonly string[]): Promise<readonly string[]> {
    const { names } = this.#store;
    await names.put(`push.${this.push}.${this.#count}`, Buffer.from(ids.join(""), "hex"));
    this.#count += 1;
    const entry = await names.get(COLLECTION);
    if (entry !== undefined && entry.json<CollectionState>().running !== "") return ids;
    const revision = entry?.revision ?? 0;
    if (revision !== this.#revision) this.#known.clear();
    this.#revision = revision;
    await this.#look(new Set(ids.map(prefixOf)));
    return ids.filter((id) => this.#known.get(prefixOf(id))?.has(id) !== true);
  }

  /** Lists the chunks whose names have these prefixes. */
  async #look(prefixes: ReadonlySet<string>): Promise<void> {
    const unknown = [...prefixes].filter((prefix) => !this.#known.has(prefix));
    await runPooled(unknown, LOOKUPS, async (prefix) => {
      const keys = await this.#store.chunks.keys(`${prefix}.>`);
      this.#known.set(prefix, new Set(keys.map(chunkId)));
    });
  }

  /** Throws ERR_STORE if a collection has abandoned this push. */
  async assertKept(): Promise<void> {
    const kept = await this.#store.names.keys(announcementsOf(this.push));
    if (kept.length === this.#count) return;
    const hint = "push again: chunks that are still in the store are not sent again";
    throw new RestoreError(
      "ERR_STORE",
      "A garbage collection has abandoned this push, because it was idle for too long",
      { hint },
    );
  }

  async end(): Promise<void> {
    await this.#store.names.purge(announcementsOf(this.push));
  }
}
