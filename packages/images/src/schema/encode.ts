/**
 * Encoding of messages.
 *
 * @module
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { ImageError } from "../image-error.ts";
import { encodeText } from "../text.ts";
import { MAX_NESTING } from "./decode.ts";
import type { AnyMessage } from "./field.ts";
import { fieldTypes } from "./field.ts";
import type { CompiledField, InputOf, Message, UnknownField } from "./message.ts";
import { unknownFields } from "./message.ts";

type Values = Readonly<Record<string, unknown>> & { readonly [unknownFields]?: readonly UnknownField[] };

/**
 * Encodes a message as CRIU does: fields ascending by number, unknown ones in their places.
 *
 * @throws {ImageError} `ERR_IMAGE_FIELD` when a required field is missing or a value does not fit its field; `ERR_IMAGE_LIMIT`
 */
export function encodeMessage<Value>(type: Message<Value>, value: InputOf<NoInfer<Value>>): Uint8Array {
  const writer = new BinaryWriter(encodeText);
  writeMessage(writer, type, value as Values, 0);
  return writer.finish();
}

function writeMessage(writer: BinaryWriter, type: AnyMessage, value: Values, depth: number): void {
  if (depth > MAX_NESTING)
    throw new ImageError("ERR_IMAGE_LIMIT", `Cannot encode ${type.name}: it is nested more than ${MAX_NESTING} deep`);
  const unknown = value[unknownFields];
  let nextUnknown = 0;
  for (const field of type.tables().ordered) {
    if (unknown !== undefined) {
      while (nextUnknown < unknown.length && unknown[nextUnknown]!.number < field.number)
        writeUnknown(writer, unknown[nextUnknown++]!);
    }
    const item = value[field.name];
    if (item === undefined) {
      if (field.required)
        throw new ImageError("ERR_IMAGE_FIELD", `Cannot encode ${type.name}: required field ${field.name} is missing`);
      continue;
    }
    try {
      writeField(writer, field, item, depth);
    } catch (cause) {
      if (cause instanceof ImageError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ImageError("ERR_IMAGE_FIELD", `Cannot encode ${type.name}.${field.name}: ${why}`, { cause });
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
  if (field.packed) {
    writer.tag(field.number, 2).fork();
    for (const element of list) writeValue(writer, field, element, depth);
    writer.join();
    return;
  }
  for (const element of list) {
    writer.tag(field.number, field.wireType);
    writeValue(writer, field, element, depth);
  }
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

// The writer would take numbers and decimal strings too, and round them silently.
function expectBigint(value: unknown): bigint {
  if (typeof value !== "bigint") throw new TypeError(`expected a bigint, found a ${typeof value}`);
  return value;
}

function writeUnknown(writer: BinaryWriter, field: UnknownField): void {
  writer.tag(field.number, field.wireType).raw(field.data);
}
