import type { Bucket } from "./bucket.ts";

export function encodeRecord(record: object): Uint8Array {
  return Buffer.from(JSON.stringify(record));
}

/**
 * Changes a record in JSON. It is written only if nobody else has changed it meanwhile; otherwise the change is computed again.
 *
 * @param change returns the record itself, or undefined, if nothing is to be written.
 * @returns what it returned last; undefined if there is no record.
 */
export async function changeRecord<T extends object>(
  records: Bucket,
  key: string,
  change: (before: T) => T | undefined,
): Promise<T | undefined> {
  for (;;) {
    const entry = await records.get(key);
    if (entry === undefined) return undefined;
    const before = entry.json<T>();
    const after = change(before);
    if (after === undefined || after === before) return after;
    if (await records.update(key, encodeRecord(after), entry.revision)) return after;
  }
}
