import { Buffer } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";

/** The most that one read asks for: a setting in /proc/sys cannot be read into some MiB. */
const PART = 0x10000;

/**
 * Kept for the next file, and replaced by a larger one when a file does not fit: files of /proc tell no size, and `readFileSync` allocates 64 KiB for each,
 * which takes as long as reading it.
 */
let buffer = Buffer.allocUnsafeSlow(PART);

/** Reads a file of /proc or /sys. The bytes are valid until the next call. Throws what node:fs throws. */
export function readWhole(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    let length = 0;
    // The kernel may return less than there is: only nothing means the end.
    for (let more = -1; more !== 0; length += more) {
      if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length);
      more = readSync(file, buffer, length, Math.min(PART, buffer.length - length), null);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
