/**
 * Encoding of messages.
 *
 * @module
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { ImageErrorCode } from "../image-error.ts";
import { ImageError } from "../image-error.ts";
import { encodeText } from "../text.ts";
import { MAX_NESTING } from "./decode.ts";
import type { AnyMessage } from "./field.ts";
import { fieldTypes } from "./field.ts";
import type { CompiledField, InputOf, Message, UnknownField } from "./message.ts";
import { unknownFields } from "./message.ts";

type Values = Readonly<Record<string, unknown>> & { readonly [unknownFields]?: readonly UnknownField[] };

/**
 * Encodes a message as CRIU does: fields ascending by number, unknown fields among them.
 *
 * @throws {ImageError} `ERR_IMAGE_FIELD` for a missing required field and for a value that does not fit its field;
 * `ERR_IMAGE_LIMIT` for deep nesting. The error names the field by its path: `mm_entry.vmas[3].start`.
 */
export function encodeMessage<Value>(type: Message<Value>, value: InputOf<NoInfer<Value>>): Uint8Array {
  return encodeUnchecked(type, value);
}

/** The same for a value whose shape the compiler does not know. Encoding finds what is missing. */
export function encodeUnchecked(type: AnyMessage, value: unknown): Uint8Array {
  const writer = new BinaryWriter(encodeText);
  try {
    writeMessage(writer, type, value as Values, 0);
  } catch (cause) {
    if (!(cause instanceof FieldError)) throw cause;
    throw new ImageError(cause.code, `Cannot encode ${type.name}${cause.path}: ${cause.message}`, { cause });
  }
  return writer.finish();
}

/** A value that cannot be encoded. The callers on the way out prepend their part of its path. */
class FieldError extends Error {
  path = "";
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, why: string, cause?: unknown) {
    super(why, { cause });
    this.code = code;
  }

  static at(part: string, cause: unknown): FieldError {
    const error =
      cause instanceof FieldError
        ? cause
        : new FieldError("ERR_IMAGE_FIELD", cause instanceof Error ? cause.message : String(cause), cause);
    error.path = part + error.path;
    return error;
  }
}

function writeMessage(writer: BinaryWriter, type: AnyMessage, value: Values, depth: number): void {
  if (depth > MAX_NESTING)
    throw new FieldError("ERR_IMAGE_LIMIT", `messages are nested more than ${MAX_NESTING} levels deep`);
  const unknown = value[unknownFields];
  let nextUnknown = 0;
  for (const field of type.tables().ordered) {
    if (unknown !== undefined) {
      while (nextUnknown < unknown.length && unknown[nextUnknown]!.number < field.number)
        writeUnknown(writer, unknown[nextUnknown++]!);
    }
    const item = value[field.name];
    try {
      if (item !== undefined) writeField(writer, field, item, depth);
      else if (field.required) throw new Error("this required field is missing");
    } catch (cause) {
      throw FieldError.at(`.${field.name}`, cause);
    }
  }
  if (unknown !== undefined) while (nextUnknown < unknown.length) writeUnknown(writer, unknown[nextUnknown++]!);
}

function writeField(writer: BinaryWriter, field: CompiledField, item: unknown, depth: number): void {
  if (!field.repeated) {
    writer.tag(field.number, field.wireType);
    writeValue(writer, field, item, depth);
    return;
  }
  const list = item as readonly unknown[];
  if (list.length === 0) return;
  if (field.packed) writer.tag(field.number, 2).fork();
  let index = 0;
  try {
    for (; index < list.length; index++) {
      if (!field.packed) writer.tag(field.number, field.wireType);
      writeValue(writer, field, list[index], depth);
    }
  } catch (cause) {
    throw FieldError.at(`[${index}]`, cause);
  }
  if (field.packed) writer.join();
}

function writeValue(writer: BinaryWriter, field: CompiledField, value: unknown, depth: number): void {
  switch (field.type) {
    case fieldTypes.uint32:
      writer.uint32(value as number);
      break;
    case fieldTypes.int32:
      writer.int32(value as number);
      break;
    case fieldTypes.sint32:
      writer.sint32(value as number);
      break;
    case fieldTypes.uint64:
      writer.uint64(expectBigint(value));
      break;
    case fieldTypes.int64:
      writer.int64(expectBigint(value));
      break;
    case fieldTypes.sint64:
      writer.sint64(expectBigint(value));
      break;
    case fieldTypes.fixed64:
      writer.fixed64(expectBigint(value));
      break;
    case fieldTypes.bool:
      if (typeof value !== "boolean") throw new TypeError(`expected a boolean, found a ${typeof value}`);
      writer.bool(value);
      break;
    case fieldTypes.string:
      if (typeof value !== "string") throw new TypeError(`expected a string, found a ${typeof value}`);
      writer.string(value);
      break;
    case fieldTypes.bytes:
      if (!(value instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array, found a ${typeof value}`);
      writer.bytes(value);
      break;
    case fieldTypes.message:
      if (typeof value !== "object" || value === null)
        throw new TypeError(`expected a message, found a ${typeof value}`);
      writer.fork();
      writeMessage(writer, field.message!, value as Values, depth + 1);
      writer.join();
      break;
  }
}

// The writer would also take numbers and decimal strings, and round them without an error.
function expectBigint(value: unknown): bigint {
  if (typeof value !== "bigint") throw new TypeError(`expected a bigint, found a ${typeof value}`);
  return value;
}

function writeUnknown(writer: BinaryWriter, field: UnknownField): void {
  writer.tag(field.number, field.wireType).raw(field.data);
}
