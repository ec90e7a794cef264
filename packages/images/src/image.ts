/**
 * The content of image files.
 *
 * @module
 */
import type { EntryExtra, EntryInput, EntryKindName, EntryValue, RawKindName } from "./image-kinds.ts";
import type { UnknownFieldReport } from "./schema/decode.ts";
import type { Draft } from "./schema/message.ts";

/** Where an entry was read. Absent from entries that were not read from an image. */
interface EntryOrigin {
  /** Bytes from the start of the file to the entry's size word. */
  readonly offset?: number;
  /** Bytes from the start of the file to the payload after the message, from where a task can read the payload itself. */
  readonly extraOffset?: number;
}

/** An entry of an image of the given kind. */
export interface Entry<K extends EntryKindName> extends EntryOrigin {
  readonly value: EntryValue<K>;
  /** The payload after the message. Bytes in it are views of the image, not copies. */
  readonly extra: EntryExtra<K>;
}

type EntryWith<K extends EntryKindName, Value> = { readonly value: Value } & (undefined extends EntryExtra<K>
  ? { readonly extra?: EntryExtra<K> }
  : { readonly extra: EntryExtra<K> }) &
  EntryOrigin;

/** An entry to encode: an {@link Entry} that may omit repeated fields, and `extra` if its kind has no payload. */
export type EntryToEncode<K extends EntryKindName> = EntryWith<K, EntryInput<K>>;

/** An entry to encode whose message may be incomplete as far as the compiler knows. */
export type EntryDraft<K extends EntryKindName> = EntryWith<K, Draft<EntryValue<K>>>;

/** An image of messages. */
export interface EntryImage<K extends EntryKindName> {
  readonly kind: K;
  readonly fileName: string;
  /** The words at its start: two in layout V1.1, one in V1 and in the inventory. */
  readonly magic: readonly number[];
  readonly entries: readonly Entry<K>[];
  /** Fields that no message type has, at any depth. Encoding writes them back. */
  readonly unknown: readonly UnknownFieldReport[];
}

/** An image without header and entries. */
export interface RawImage<K extends RawKindName> {
  readonly kind: K;
  readonly fileName: string;
  readonly magic: readonly [];
  readonly entries: readonly [];
  readonly unknown: readonly [];
  /** The whole file. */
  readonly payload: Uint8Array;
}

/** An image of any kind. `kind` tells them apart. */
export type Image =
  | { [K in EntryKindName]: EntryImage<K> }[EntryKindName]
  | { [K in RawKindName]: RawImage<K> }[RawKindName];
