/**
 * Message types: a name and a table of fields. What decoding gives is an interface beside the table; the compiler checks that they agree.
 *
 * @module
 */

import type { AnyMessage, Field, FieldType, Presence } from "./field.ts";
import { fieldTypes } from "./field.ts";

/** Key under which a decoded message keeps the fields that its type does not have. Object spread carries it along. */
export const unknownFields: unique symbol = Symbol("unknownFields");

/** A field that the message's type does not have: written by a newer CRIU, a fork of CRIU, or a plugin. */
export interface UnknownField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 3 group, 5 four bytes. */
  readonly wireType: number;
  /** The field as found, without its tag. */
  readonly data: Uint8Array;
}

// biome-ignore lint/suspicious/noExplicitAny: only that it is a field matters
type AnyField = Field<any, Presence>;
/** Fields by CRIU's names, in ascending order of their numbers. */
export type Fields = Readonly<Record<string, AnyField>>;

/** What every message may carry. */
export interface Unknowns {
  readonly [unknownFields]?: readonly UnknownField[];
}

/** How often the field behind a property occurs, by its type: arrays are repeated fields, properties that may be absent optional ones. */
type PresenceOf<T> = undefined extends T
  ? "optional"
  : T extends readonly unknown[]
    ? "repeated" | "packed"
    : "required";
type ElementOf<T> = T extends readonly (infer Element)[] ? Element : Exclude<T, undefined>;

/** The table of a message that decodes to `Value`: a field for each property. */
export type FieldsOf<Value> = {
  readonly [K in Exclude<keyof Value, symbol>]-?: Field<ElementOf<Value[K]>, PresenceOf<Value[K]>>;
};

/** The type of a decoded message: `MessageType<typeof vmaEntry>`. */
export type MessageType<M> = M extends Message<infer Value> ? Value : never;
/** The type of a message to encode: `MessageInput<typeof vmaEntry>`. Every {@link MessageType} is one. */
export type MessageInput<M> = M extends Message<infer Value> ? InputOf<Value> : never;

type ArrayKeys<V> = { [K in keyof V]-?: V[K] extends readonly unknown[] ? K : never }[keyof V];
/** What encoding takes where decoding gives `V`: the same, but arrays, which are repeated fields, may be left out at any depth. */
export type InputOf<V> = V extends Uint8Array | bigint | number | string | boolean | undefined
  ? V
  : V extends readonly (infer Element)[]
    ? readonly InputOf<Element>[]
    : Unknowns & { readonly [K in keyof Omit<V, ArrayKeys<V> | symbol>]: InputOf<V[K & keyof V]> } & {
        readonly [K in ArrayKeys<V>]?: InputOf<V[K]>;
      };

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
}

/** Tables of a message, made once, when a value of it is first decoded or encoded. */
export interface MessageTables {
  /** By field number; sparse. */
  readonly byNumber: readonly (CompiledField | undefined)[];
  /** Ascending by number, the order in which CRIU writes them. */
  readonly ordered: readonly CompiledField[];
  readonly required: readonly CompiledField[];
  readonly repeated: readonly CompiledField[];
}

/**
 * A message type.
 *
 * @typeParam Value What decoding gives.
 */
export class Message<Value> {
  /** CRIU's name: `vma_entry`. */
  readonly name: string;
  readonly #fields: () => Fields;
  #tables: MessageTables | undefined;
  /** Only for the compiler: never set. */
  declare readonly phantom?: Value;

  constructor(name: string, fields: () => Fields) {
    this.name = name;
    this.#fields = fields;
  }

  /** The field tables. The first call makes them. */
  tables(): MessageTables {
    return (this.#tables ??= compile(this.#fields()));
  }
}

/**
 * Makes a message type from CRIU's name and fields: `const x: Message<X> = message("x", () => ({ id: uint32(1, required) }))`. A field that `X`
 * does not have, or of another type or presence than there, and a property of `X` without a field, do not compile.
 *
 * @param fields A function, called when a message of the type is first met: some 150 types have some 1000 fields, and a run needs few.
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
    const { number, type, presence, message } = fields[name]!;
    ordered.push({
      name,
      number,
      type,
      wireType: wireTypeOf(type),
      repeated: presence === "repeated" || presence === "packed",
      packed: presence === "packed",
      required: presence === "required",
      message,
    });
  }
  ordered.sort((a, b) => a.number - b.number);
  const byNumber: (CompiledField | undefined)[] = [];
  // Filled without holes, so that the engine keeps it a dense array.
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
