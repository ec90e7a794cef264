/**
 * What an image file holds.
 *
 * @module
 */
import type { EntryExtra, EntryInput, EntryKindName, EntryValue, RawKindName } from "./image-kinds.ts";
import type { UnknownFieldReport } from "./schema/decode.ts";

/** Where an entry stood in its file; absent from entries that were made and not read. */
interface EntryPlace {
  /** Bytes from the start of the file to the entry's size word. */
  readonly offset?: number;
  /** Bytes from the start of the file to what follows the message: a task can read a payload from there by itself. */
  readonly extraOffset?: number;
}

/** An entry of an image of the given kind. */
export interface Entry<K extends EntryKindName> extends EntryPlace {
  readonly value: EntryValue<K>;
  /** What follows the message. Bytes in it are views of the image, not copies. */
  readonly extra: EntryExtra<K>;
}

/** An entry to encode: {@link Entry}, of which repeated fields and, where nothing follows the message, `extra` may be left out. */
export type EntryToEncode<K extends EntryKindName> = {
  readonly value: EntryInput<K>;
} & (undefined extends EntryExtra<K> ? { readonly extra?: EntryExtra<K> } : { readonly extra: EntryExtra<K> }) &
  EntryPlace;

/** An image of messages. */
export interface EntryImage<K extends EntryKindName> {
  readonly kind: K;
  readonly fileName: string;
  /** The words it begins with: two in layout V1.1, one in V1 and in the inventory. */
  readonly magic: readonly number[];
  readonly entries: readonly Entry<K>[];
  /** Fields that no message type has, wherever they are nested; they survive encoding. */
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

/** An image of any kind; `kind` tells which. */
export type Image =
  | { [K in EntryKindName]: EntryImage<K> }[EntryKindName]
  | { [K in RawKindName]: RawImage<K> }[RawKindName];
