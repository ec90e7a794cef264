/**
 * What an image holds behind its messages.
 *
 * @module
 */

import type { ImageCursor } from "../image-cursor.ts";
import { ImageError } from "../image-error.ts";

/** How the payload behind a message is read and written. */
export interface ExtraRule<Value, Extra> {
  /** Reads the payload that belongs to a message. */
  read(cursor: ImageCursor, value: Value): Extra;
  /** Gives the bytes of the payload. `value` tells its lengths; a payload that differs is an error. */
  write(value: Value, extra: Extra): readonly Uint8Array[];
}

/** Fails unless a payload has the length that its message tells. */
export function expectLength(what: string, found: number, expected: number): void {
  if (found !== expected)
    throw new ImageError(
      "ERR_IMAGE_EXTRA",
      `Cannot write ${what}: expected ${expected}, as the entry says, found ${found}`,
    );
}

/** Bytes needed to fill up to a multiple of `unit`, a power of two. */
export function paddingTo(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}

/** Takes padding. It is kept only where it is not zero, which older CRIU leaves in it by not clearing a buffer. */
export function takePadding(cursor: ImageCursor, length: number): Uint8Array | undefined {
  const padding = cursor.take(length, "padding");
  return padding.some((byte) => byte !== 0) ? padding : undefined;
}

/** Padding to write: that found when reading if it still has the right length, else zeros. */
export function paddingOf(found: Uint8Array | undefined, length: number): Uint8Array {
  return found?.length === length ? found : new Uint8Array(length);
}
