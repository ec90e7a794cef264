/**
 * Payloads that follow messages in an image.
 *
 * @module
 */

import type { ImageCursor } from "../image-cursor.ts";
import { ImageError } from "../image-error.ts";

/** Reads and writes the payload after a message. */
export interface ExtraRule<Value, Extra> {
  /** Reads the payload of a message. */
  read(cursor: ImageCursor, value: Value): Extra;
  /** Returns the bytes of the payload. Fails if the payload does not have the lengths that `value` records. */
  write(value: Value, extra: Extra): readonly Uint8Array[];
}

/** Fails unless a payload has the length that its message records. */
export function expectLength(what: string, found: number, expected: number): void {
  if (found !== expected)
    throw new ImageError(
      "ERR_IMAGE_EXTRA",
      `Cannot write ${what}: expected ${expected} according to the entry, found ${found}`,
    );
}

/** The number of bytes up to the next multiple of `unit`. */
export function paddingTo(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}

/** Reads padding. Returns it only if it is not zero: older CRIU versions did not clear the buffer. */
export function takePadding(cursor: ImageCursor, length: number): Uint8Array | undefined {
  const padding = cursor.take(length, "padding");
  return padding.some((byte) => byte !== 0) ? padding : undefined;
}

/** The padding to write: what was read, if it still has the right length, otherwise zeros. */
export function paddingOf(found: Uint8Array | undefined, length: number): Uint8Array {
  return found?.length === length ? found : new Uint8Array(length);
}
