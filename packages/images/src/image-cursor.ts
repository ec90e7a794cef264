/**
 * A reading position in an image, for its words, messages and payloads.
 *
 * @module
 */

import type { ImageErrorCode } from "./image-error.ts";
import { ImageError } from "./image-error.ts";
import { MessageDecoder } from "./schema/decode.ts";
import type { Message } from "./schema/message.ts";

/** The size of the largest message that is read. The largest real ones, of huge address spaces, have a few MiB. */
export const MAX_MESSAGE_SIZE: number = 64 * 1024 * 1024;

/** Reads the words, bytes and messages of one image. Checks each against the end of the file. */
export class ImageCursor {
  readonly file: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #decoder: MessageDecoder;
  #position = 0;
  #entry: number | undefined;

  constructor(file: string, bytes: Uint8Array) {
    this.file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#decoder = new MessageDecoder(bytes, file);
  }

  get decoder(): MessageDecoder {
    return this.#decoder;
  }

  get position(): number {
    return this.#position;
  }

  /** Bytes from here to the end of the file. */
  get left(): number {
    return this.#bytes.length - this.#position;
  }

  /** Sets the number of the entry being read, for errors. */
  set entry(entry: number) {
    this.#entry = entry;
    this.#decoder.entry = entry;
  }

  /** Reads a 32-bit little-endian word. */
  word(what: string): number {
    this.#need(4, what);
    const word = this.#view.getUint32(this.#position, true);
    this.#position += 4;
    return word;
  }

  /** Reads bytes, as a view of the file. */
  take(length: number, what: string): Uint8Array {
    this.#need(length, what);
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  /** Reads a size word and the message after it. */
  message<Value>(type: Message<Value>): Value {
    const start = this.#position;
    const size = this.word(`the size of ${type.name}`);
    if (size > MAX_MESSAGE_SIZE && size <= this.left) {
      this.#position = start;
      throw this.error(
        "ERR_IMAGE_LIMIT",
        `Cannot read ${type.name}: its ${size} bytes exceed the limit of ${MAX_MESSAGE_SIZE}`,
      );
    }
    if (size > this.left) {
      const left = this.left;
      this.#position = start;
      throw this.error("ERR_IMAGE_TRUNCATED", `Cannot read ${type.name}: expected ${size} bytes, found ${left}`);
    }
    this.#position += size;
    return this.#decoder.decode(type, start + 4, start + 4 + size);
  }

  /** Creates an error at this position. */
  error(code: ImageErrorCode, what: string): ImageError {
    return new ImageError(code, what, { file: this.file, entry: this.#entry, offset: this.#position });
  }

  #need(length: number, what: string): void {
    if (length > this.left)
      throw this.error("ERR_IMAGE_TRUNCATED", `Cannot read ${what}: expected ${length} bytes, found ${this.left}`);
  }
}
