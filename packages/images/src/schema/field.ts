/**
 * Fields of messages. Each has a number, a wire representation and a presence.
 *
 * @module
 */
import type { Message } from "./message.ts";

/** How often a field occurs, in the terms of proto2. `packed` is `repeated` with `[packed = true]`. */
export type Presence = "optional" | "required" | "repeated" | "packed";

/** Exactly one value. A message without it is refused. */
export const required = "required";
/** Any number of values. An absent field is an empty list. */
export const repeated = "repeated";
/** Like {@link repeated}, but written as one length-delimited run of values. Decoding accepts both forms. */
export const packed = "packed";

/** Wire representations, as small numbers for a fast `switch` in the decoder. */
export const fieldTypes = {
  uint32: 0,
  int32: 1,
  sint32: 2,
  uint64: 3,
  int64: 4,
  sint64: 5,
  fixed64: 6,
  bool: 7,
  string: 8,
  bytes: 9,
  message: 10,
} as const;

/** One of the values of {@link fieldTypes}. */
export type FieldType = (typeof fieldTypes)[keyof typeof fieldTypes];

/**
 * One field of a message.
 *
 * @typeParam Value The type of one value.
 * @typeParam P How often the field occurs.
 */
export interface Field<Value, P extends Presence> {
  readonly number: number;
  readonly type: FieldType;
  readonly presence: P;
  /** The type of a nested message. */
  readonly message: AnyMessage | undefined;
  /** Every value is less. */
  readonly below: bigint | undefined;
  /** Only for the compiler; never set. */
  readonly phantom?: (value: Value) => void;
}

/** A message of any shape. */
export type AnyMessage = Message<unknown>;

function field<Value, P extends Presence>(
  number: number,
  type: FieldType,
  presence: P | undefined,
  message?: AnyMessage,
  below?: bigint,
): Field<Value, NoInfer<P>> {
  return { number, type, presence: presence ?? ("optional" as P), message, below };
}

/** A 32-bit unsigned varint, as a number. */
export function uint32<P extends Presence = "optional">(number: number, presence?: P): Field<number, NoInfer<P>> {
  return field(number, fieldTypes.uint32, presence);
}

/** A 32-bit signed varint (ten bytes when negative), as a number. */
export function int32<P extends Presence = "optional">(number: number, presence?: P): Field<number, NoInfer<P>> {
  return field(number, fieldTypes.int32, presence);
}

/** A 32-bit signed zigzag varint, as a number. */
export function sint32<P extends Presence = "optional">(number: number, presence?: P): Field<number, NoInfer<P>> {
  return field(number, fieldTypes.sint32, presence);
}

/** A value of one of CRIU's enumerations, as a plain number. Unknown values are accepted. */
export function enumeration<P extends Presence = "optional">(number: number, presence?: P): Field<number, NoInfer<P>> {
  return field(number, fieldTypes.int32, presence);
}

/**
 * A 64-bit unsigned varint, as a bigint.
 *
 * @param below Decoding refuses this value and greater ones.
 */
export function uint64<P extends Presence = "optional">(
  number: number,
  presence?: P,
  below?: bigint,
): Field<bigint, NoInfer<P>> {
  return field(number, fieldTypes.uint64, presence, undefined, below);
}

/** A 64-bit signed varint, as a bigint. */
export function int64<P extends Presence = "optional">(number: number, presence?: P): Field<bigint, NoInfer<P>> {
  return field(number, fieldTypes.int64, presence);
}

/** A 64-bit signed zigzag varint, as a bigint. */
export function sint64<P extends Presence = "optional">(number: number, presence?: P): Field<bigint, NoInfer<P>> {
  return field(number, fieldTypes.sint64, presence);
}

/** Eight bytes, little-endian, unsigned, as a bigint. */
export function fixed64<P extends Presence = "optional">(number: number, presence?: P): Field<bigint, NoInfer<P>> {
  return field(number, fieldTypes.fixed64, presence);
}

/** A boolean varint. */
export function bool<P extends Presence = "optional">(number: number, presence?: P): Field<boolean, NoInfer<P>> {
  return field(number, fieldTypes.bool, presence);
}

/** Text. Bytes that are not valid UTF-8 are kept; see {@link decodeText}. */
export function string<P extends Presence = "optional">(number: number, presence?: P): Field<string, NoInfer<P>> {
  return field(number, fieldTypes.string, presence);
}

/** Bytes. A decoded value is a view of the image, not a copy. */
export function bytes<P extends Presence = "optional">(number: number, presence?: P): Field<Uint8Array, NoInfer<P>> {
  return field(number, fieldTypes.bytes, presence);
}

/** A nested message. */
export function embedded<Value, P extends Presence = "optional">(
  number: number,
  message: Message<Value>,
  presence?: P,
): Field<Value, NoInfer<P>> {
  return field(number, fieldTypes.message, presence, message);
}
