import { randomUUID } from "node:crypto";
import { RestoreError } from "@restage/core";
import { runPooled } from "./pool.ts";
import { chunkId, prefixOf, type Store } from "./store.ts";

/**
 * How pushes and garbage collections run at the same time, with no lock between them:
 *
 * - A push announces chunks before it looks whether the store has them, and looks again whether a collection runs. While one does, it uploads all
 *   chunks that it announced, also those that are there.
 * - A collection says that it runs, lists the messages of all chunks, then reads the announcements, then the manifests. It deletes messages that neither
 *   names, by sequence number.
 *
 * So a collection that a push does not see reads the push's announcements. One that it sees can delete only messages that are older than the push's own.
 * A push ends by writing its manifest and then removing its announcements, in this order; a collection reads in the opposite order.
 */
export const COLLECTION = "collection";

/** What the key says. */
export interface CollectionState {
  /** Empty when none runs. */
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

/** The push of an announcement. */
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
  readonly push: string = randomUUID();
  readonly #store: Store;
  #count = 0;
  /** The revision of the collection's key for which the known chunks are right. */
  #revision = -1;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(store: Store) {
    this.#store = store;
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

  /** Lists the chunks whose names begin with some letters. */
  async #look(prefixes: ReadonlySet<string>): Promise<void> {
    const unknown = [...prefixes].filter((prefix) => !this.#known.has(prefix));
    await runPooled(unknown, LOOKUPS, async (prefix) => {
      const keys = await this.#store.chunks.keys(`${prefix}.>`);
      this.#known.set(prefix, new Set(keys.map(chunkId)));
    });
  }

  /** Throws ERR_STORE if a collection took this push for abandoned. */
  async assertKept(): Promise<void> {
    const kept = await this.#store.names.keys(announcementsOf(this.push));
    if (kept.length === this.#count) return;
    const hint = "push again: what it uploaded is used where it is still there";
    throw new RestoreError("ERR_STORE", "A garbage collection took this push for abandoned", { hint });
  }

  async end(): Promise<void> {
    await this.#store.names.purge(announcementsOf(this.push));
  }
}
