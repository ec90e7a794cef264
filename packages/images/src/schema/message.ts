/**
 * Message types: a name and a table of fields. The type of the decoded message is an interface beside the table, and the compiler
 * checks that the two agree.
 *
 * @module
 */

import type { AnyMessage, Field, FieldType, Presence } from "./field.ts";
import { fieldTypes } from "./field.ts";

/** The key under which a decoded message keeps the fields that its type does not have. Object spread copies it too. */
export const unknownFields: unique symbol = Symbol("unknownFields");

/** A field that the message's type does not have: written by a newer CRIU, a fork of CRIU, or a plugin. */
export interface UnknownField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 3 group, 5 four bytes. */
  readonly wireType: number;
  /** The encoded field, without its tag. */
  readonly data: Uint8Array;
}

// biome-ignore lint/suspicious/noExplicitAny: the value type does not matter here
type AnyField = Field<any, Presence>;
/** Fields by CRIU's names. */
export type Fields = Readonly<Record<string, AnyField>>;

/** The base of every message: fields that its type does not have. */
export interface Unknowns {
  readonly [unknownFields]?: readonly UnknownField[];
}

/** The presence of a field by the type of its property: arrays are repeated fields, optional properties optional fields. */
type PresenceOf<T> = undefined extends T
  ? "optional"
  : T extends readonly unknown[]
    ? "repeated" | "packed"
    : "required";
type ElementOf<T> = T extends readonly (infer Element)[] ? Element : Exclude<T, undefined>;

/** The field table of a message that decodes to `Value`: one field for each property. */
export type FieldsOf<Value> = {
  readonly [K in Exclude<keyof Value, symbol>]-?: Field<ElementOf<Value[K]>, PresenceOf<Value[K]>>;
};

/** The type of a decoded message: `MessageType<typeof vmaEntry>`. */
export type MessageType<M> = M extends Message<infer Value> ? Value : never;
/** The type of a message to encode: `MessageInput<typeof vmaEntry>`. Every {@link MessageType} is also a `MessageInput`. */
export type MessageInput<M> = M extends Message<infer Value> ? InputOf<Value> : never;

type ArrayKeys<V> = { [K in keyof V]-?: V[K] extends readonly unknown[] ? K : never }[keyof V];
/** The type of a message to encode, if decoding gives `V`. Repeated fields, which are arrays, may be left out at any depth. */
export type InputOf<V> = V extends Uint8Array | bigint | number | string | boolean | undefined
  ? V
  : V extends readonly (infer Element)[]
    ? readonly InputOf<Element>[]
    : Unknowns & { readonly [K in keyof Omit<V, ArrayKeys<V> | symbol>]: InputOf<V[K & keyof V]> } & {
        readonly [K in ArrayKeys<V>]?: InputOf<V[K]>;
      };

/**
 * A message that several parts of a program fill in: fields can be set, and at any depth they may still be missing.
 * `encodeDrafts` checks that nothing is missing in the end. Every {@link InputOf} is also a draft.
 */
export type Draft<V> = V extends Uint8Array | bigint | number | string | boolean | undefined
  ? V
  : V extends readonly (infer Element)[]
    ? readonly Draft<Element>[]
    : Unknowns & { -readonly [K in Exclude<keyof V, symbol>]?: Draft<V[K]> | undefined };

/** A field as the codec uses it. */
export interface CompiledField {
  readonly name: string;
  readonly number: number;
  readonly type: FieldType;
  readonly wireType: number;
  readonly repeated: boolean;
  readonly packed: boolean;
  readonly required: boolean;
  readonly message: AnyMessage | undefined;
  readonly below: bigint | undefined;
}

/** The tables of a message type. They are built when a message of the type is first decoded or encoded. */
export interface MessageTables {
  /** By field number; sparse. */
  readonly byNumber: readonly (CompiledField | undefined)[];
  /** Ascending by number, which is the order that CRIU writes. */
  readonly ordered: readonly CompiledField[];
  readonly required: readonly CompiledField[];
  readonly repeated: readonly CompiledField[];
}

/**
 * A message type.
 *
 * @typeParam Value The decoded message.
 */
export class Message<Value> {
  /** CRIU's name: `vma_entry`. */
  readonly name: string;
  readonly #fields: () => Fields;
  #tables: MessageTables | undefined;
  /** Only for the compiler; never set. */
  declare readonly phantom?: Value;

  constructor(name: string, fields: () => Fields) {
    this.name = name;
    this.#fields = fields;
  }

  /** The field tables. The first call builds them. */
  tables(): MessageTables {
    return (this.#tables ??= compile(this.#fields()));
  }
}

/**
 * Defines a message type by CRIU's name and fields: `const x: Message<X> = message("x", () => ({ id: uint32(1, required) }))`.
 * The table must have exactly one field for each property of `X`, of the same type and presence; otherwise it does not compile.
 *
 * @param fields Returns the table. Called when a message of the type is first decoded or encoded, because a run needs few of the
 * 150 types with their 1000 fields.
 */
export function message<Value, F extends FieldsOf<Value>>(
  name: string,
  fields: () => F & { readonly [K in Exclude<keyof F, keyof Value>]: never },
): Message<Value> {
  return new Message(name, fields);
}

function compile(fields: Fields): MessageTables {
  const ordered: CompiledField[] = [];
  for (const name in fields) {
    const { number, type, presence, message, below } = fields[name]!;
    ordered.push({
      name,
      number,
      type,
      wireType: wireTypeOf(type),
      repeated: presence === "repeated" || presence === "packed",
      packed: presence === "packed",
      required: presence === "required",
      message,
      below,
    });
  }
  ordered.sort((a, b) => a.number - b.number);
  const byNumber: (CompiledField | undefined)[] = [];
  // Without holes, so that JavaScript engines keep the array dense.
  for (const field of ordered) {
    while (byNumber.length < field.number) byNumber.push(undefined);
    byNumber.push(field);
  }
  return {
    byNumber,
    ordered,
    required: ordered.filter((f) => f.required),
    repeated: ordered.filter((f) => f.repeated),
  };
}

function wireTypeOf(type: FieldType): number {
  switch (type) {
    case fieldTypes.fixed64:
      return 1;
    case fieldTypes.string:
    case fieldTypes.bytes:
    case fieldTypes.message:
      return 2;
    default:
      return 0;
  }
}
