/**
 * Decoding of messages.
 *
 * @module
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { ImageErrorCode } from "../image-error.ts";
import { ImageError } from "../image-error.ts";
import { decodeText } from "../text.ts";
import type { AnyMessage } from "./field.ts";
import { fieldTypes } from "./field.ts";
import type { CompiledField, Message, UnknownField } from "./message.ts";
import { unknownFields } from "./message.ts";

/** The deepest nesting of messages. No real image comes near it; a deeper one would exhaust the stack. */
export const MAX_NESTING = 100;

/** A field that its message type does not have, and where it was found. */
export interface UnknownFieldReport {
  /** The name of the message type. */
  readonly message: string;
  readonly number: number;
  readonly wireType: number;
  /** Entry number in the image, from 0. */
  readonly entry: number;
  /** Bytes from the start of the image. */
  readonly offset: number;
}

const NONE: readonly never[] = Object.freeze([]);

/** Decodes the messages in one buffer, and collects the fields that their types do not have. */
export class MessageDecoder {
  readonly #bytes: Uint8Array;
  readonly #reader: BinaryReader;
  readonly #file: string | undefined;
  /** The number of the entry being decoded, for errors and reports. */
  entry: number | undefined;
  readonly unknown: UnknownFieldReport[] = [];

  constructor(bytes: Uint8Array, file?: string) {
    this.#bytes = bytes;
    this.#reader = new BinaryReader(bytes, decodeText);
    this.#file = file;
  }

  /**
   * Decodes the message between two offsets of the buffer.
   *
   * @throws {ImageError} `ERR_IMAGE_MALFORMED`, `ERR_IMAGE_FIELD`, `ERR_IMAGE_LIMIT`
   */
  decode<Value>(type: Message<Value>, start: number, end: number): Value {
    this.#reader.pos = start;
    return this.#message(type, end, 0) as Value;
  }

  #message(type: AnyMessage, end: number, depth: number): unknown {
    const reader = this.#reader;
    const start = reader.pos;
    if (depth > MAX_NESTING) {
      throw this.#error(
        "ERR_IMAGE_LIMIT",
        `Cannot decode ${type.name}: messages are nested more than ${MAX_NESTING} levels deep`,
        start,
      );
    }
    const tables = type.tables();
    const byNumber = tables.byNumber;
    const value: Record<string, unknown> = {};
    let unknown: UnknownField[] | undefined;
    // Values of a repeated field usually follow each other, so the list is looked up once per run of values.
    let listed: CompiledField | undefined;
    let list: unknown[] = [];
    let field: CompiledField | undefined;
    let position = start;
    try {
      while ((position = reader.pos) < end) {
        field = undefined;
        const tag = this.#uint32();
        const number = tag >>> 3;
        const wireType = tag & 7;
        field = number < byNumber.length ? byNumber[number] : undefined;
        if (field === undefined) {
          unknown ??= [];
          unknown.push(this.#skip(type, number, wireType, position));
        } else if (wireType !== field.wireType) {
          if (wireType !== 2 || !field.repeated || field.wireType === 2) {
            throw this.#error(
              "ERR_IMAGE_FIELD",
              `Cannot decode ${type.name}.${field.name}: expected wire type ${field.wireType}, found ${wireType}`,
              position,
            );
          }
          this.#packed(field, (value[field.name] ??= []) as unknown[], end);
        } else if (field.repeated) {
          if (listed !== field) {
            listed = field;
            list = (value[field.name] ??= []) as unknown[];
          }
          list.push(this.#value(field, end, depth));
        } else {
          const one = this.#value(field, end, depth);
          if (field.below !== undefined && (one as bigint) >= field.below) {
            throw this.#error(
              "ERR_IMAGE_FIELD",
              `Cannot decode ${type.name}.${field.name}: expected less than ${field.below}, found ${one}`,
              position,
            );
          }
          value[field.name] = one;
        }
        if (reader.pos > end) throw new RangeError(`it ends ${reader.pos - end} bytes after the end of its message`);
      }
    } catch (cause) {
      if (cause instanceof ImageError) throw cause;
      const name = field === undefined ? type.name : `${type.name}.${field.name}`;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw this.#error("ERR_IMAGE_MALFORMED", `Cannot decode ${name}: ${why}`, position, cause);
    }
    for (const field of tables.required) {
      if (value[field.name] === undefined) {
        throw this.#error(
          "ERR_IMAGE_FIELD",
          `Cannot decode ${type.name}.${field.name}: this required field is missing`,
          start,
        );
      }
    }
    for (const field of tables.repeated) value[field.name] ??= NONE;
    if (unknown !== undefined) (value as Record<symbol, unknown>)[unknownFields] = unknown;
    return value;
  }

  #value(field: CompiledField, end: number, depth: number): unknown {
    const reader = this.#reader;
    switch (field.type) {
      case fieldTypes.uint64:
        return reader.uint64();
      case fieldTypes.uint32:
        return this.#uint32();
      case fieldTypes.int32:
        return reader.int32();
      case fieldTypes.sint32:
        return reader.sint32();
      case fieldTypes.int64:
        return reader.int64();
      case fieldTypes.sint64:
        return reader.sint64();
      case fieldTypes.fixed64:
        return reader.fixed64();
      case fieldTypes.bool:
        return reader.bool();
      case fieldTypes.string:
        return reader.string();
      case fieldTypes.bytes:
        return reader.bytes();
      case fieldTypes.message: {
        const length = this.#uint32();
        const limit = reader.pos + length;
        if (limit > end)
          throw new RangeError(
            `its length of ${length} bytes ends ${limit - end} bytes after the end of the enclosing message`,
          );
        return this.#message(field.message!, limit, depth + 1);
      }
    }
  }

  /** Nearly all have one byte, for which the reader makes two calls. Of cold code, each call counts. */
  #uint32(): number {
    const reader = this.#reader;
    const byte = this.#bytes[reader.pos];
    if (byte === undefined || byte > 0x7f) return reader.uint32();
    reader.pos++;
    return byte;
  }

  #packed(field: CompiledField, into: unknown[], end: number): void {
    const reader = this.#reader;
    const length = reader.uint32();
    const limit = reader.pos + length;
    if (limit > end)
      throw new RangeError(
        `its length of ${length} bytes ends ${limit - end} bytes after the end of the enclosing message`,
      );
    while (reader.pos < limit) into.push(this.#value(field, limit, 0));
    if (reader.pos > limit)
      throw new RangeError(`the last value ends ${reader.pos - limit} bytes after the end of the packed run`);
  }

  #skip(type: AnyMessage, number: number, wireType: number, offset: number): UnknownField {
    if (number === 0) throw new RangeError("found field number 0");
    const data = this.#reader.skip(wireType, number);
    this.unknown.push({ message: type.name, number, wireType, entry: this.entry ?? 0, offset });
    return { number, wireType, data };
  }

  #error(code: ImageErrorCode, what: string, offset: number, cause?: unknown): ImageError {
    return new ImageError(code, what, { file: this.#file, entry: this.entry, offset, cause });
  }
}

/**
 * Decodes a single message.
 *
 * @throws {ImageError} `ERR_IMAGE_MALFORMED`, `ERR_IMAGE_FIELD`, `ERR_IMAGE_LIMIT`
 */
export function decodeMessage<Value>(type: Message<Value>, bytes: Uint8Array): Value {
  return new MessageDecoder(bytes).decode(type, 0, bytes.length);
}
