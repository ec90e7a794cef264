/**
 * What a kind of image is.
 *
 * @module
 */
import type { ExtraRule } from "./extra/rule.ts";
import { RAW_IMAGE_MAGIC } from "./magic.ts";
import type { Message } from "./schema/message.ts";

/**
 * The words at the start of an image:
 *
 * - `common` and `service`: two words in layout V1.1, one in V1.
 * - `inventory`: always one word.
 * - `raw`: none.
 */
export type ImageHeader = "common" | "service" | "inventory" | "raw";

/**
 * A kind of image.
 *
 * @typeParam Value Its messages, decoded.
 * @typeParam Extra The payload after each message; `undefined` for none.
 */
export interface ImageKind<Value, Extra = undefined> {
  /** CRIU's pattern: `%u` and `%lu` stand for a decimal number, `%x` for a hexadecimal one, `%s` for a word. */
  readonly fileName: string;
  /** The magic word of this kind; 0 for a raw image. */
  readonly magic: number;
  readonly header: ImageHeader;
  /** The type of its messages; undefined for a raw image. */
  readonly message: Message<Value> | undefined;
  /** The type of the first message, if it differs from the others. */
  readonly first: Message<Value> | undefined;
  /** How to read and write the payload after each message. */
  readonly extra: ExtraRule<Value, Extra> | undefined;
}

/** A kind of image that holds messages, each with a payload if there is a rule for one. */
export function image<Value, Extra = undefined>(
  fileName: string,
  magic: number,
  message: Message<Value>,
  extra?: ExtraRule<Value, Extra>,
  header: ImageHeader = "common",
): ImageKind<Value, Extra> {
  return { fileName, magic, header, message, first: undefined, extra };
}

/** A kind of image whose first message differs from the others. */
export function imageWithHead<Head, Value>(
  fileName: string,
  magic: number,
  first: Message<Head>,
  message: Message<Value>,
): ImageKind<Head | Value> {
  return { fileName, magic, header: "common", message, first, extra: undefined };
}

/** A kind of image without header and messages. */
export function rawImage(fileName: string): ImageKind<never> {
  return { fileName, magic: RAW_IMAGE_MAGIC, header: "raw", message: undefined, first: undefined, extra: undefined };
}
