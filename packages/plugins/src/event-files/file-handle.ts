import { data } from "@restage/core";
import type { FhEntry, InputOf } from "@restage/images";
import type { Data } from "@restage/linux";

/** The identity of a file in its file system. Source: name_to_handle_at(2). */
export interface FileHandle {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** The fewest 64-bit words that CRIU stores of a handle. */
const IMAGE_WORDS = 16;
const HEADER = 8;

export function handleToImage({ type, bytes }: FileHandle): InputOf<FhEntry> {
  const words = new BigUint64Array(Math.max(IMAGE_WORDS, Math.ceil(bytes.length / 8)));
  new Uint8Array(words.buffer).set(bytes);
  return { bytes: bytes.length, type, handle: [...words] };
}

export function handleFromImage({ bytes, type, handle }: FhEntry): FileHandle {
  return { type, bytes: new Uint8Array(BigUint64Array.from(handle).buffer, 0, bytes) };
}

/** A handle from /proc/PID/fdinfo, which shows it in hexadecimal. */
export function printedHandle(type: string, bytes: string): FileHandle {
  const numbers = Uint8Array.from(bytes.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  return { type: Number.parseInt(type, 16), bytes: numbers };
}

/** struct file_handle: size, type, bytes. Source: include/linux/fs.h. */
export function encodeHandle({ type, bytes }: FileHandle): Data {
  const struct = new Uint8Array(HEADER + bytes.length);
  const view = new DataView(struct.buffer);
  view.setUint32(0, bytes.length, true);
  view.setInt32(4, type, true);
  struct.set(bytes, HEADER);
  return data(struct);
}
