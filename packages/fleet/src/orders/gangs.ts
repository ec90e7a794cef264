import type { Bucket } from "../nats/bucket.ts";
import { changeRecord, encodeRecord } from "../nats/record.ts";
import type { Gang } from "./gang.ts";

/** The records of all gangs. Each change is written only if nobody else has changed the record meanwhile. */
export class Gangs {
  readonly #records: Bucket;

  constructor(records: Bucket) {
    this.#records = records;
  }

  /** Writes the record of a new gang. One that exists stays. */
  async open(gang: Gang): Promise<void> {
    await this.#records.update(keyOf(gang.id), encodeRecord(gang), 0);
  }

  async read(id: string): Promise<Gang | undefined> {
    return (await this.#records.get(keyOf(id)))?.json<Gang>();
  }

  /** Changes a gang. Returns what it is then; undefined if it was removed. */
  async change(id: string, change: (gang: Gang) => Gang): Promise<Gang | undefined> {
    return await changeRecord(this.#records, keyOf(id), change);
  }

  async remove(id: string): Promise<void> {
    await this.#records.purge(keyOf(id));
  }
}

function keyOf(id: string): string {
  return `gang.${id}`;
}
