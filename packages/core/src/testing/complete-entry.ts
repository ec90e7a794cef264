import {
  type AnyMessage,
  type CompiledField,
  type EntryKindName,
  type EntryValue,
  fieldTypes,
  imageKinds,
} from "@restage/images";

/** An image entry in which every field is optional, at any depth. */
export type PartialEntry<V> = V extends Uint8Array | bigint | number | string | boolean | undefined
  ? V
  : V extends readonly (infer Element)[]
    ? readonly PartialEntry<Element>[]
    : { readonly [K in keyof V]?: PartialEntry<V[K]> };

type Values = Readonly<Record<string, unknown>>;

/**
 * Completes an entry: required fields that are not given become 0, empty or false.
 *
 * @example
 * ```ts
 * completeEntry("reg_files", { name: "/etc/passwd" }).pos; // 0n
 * ```
 */
export function completeEntry<K extends EntryKindName>(kind: K, given: PartialEntry<EntryValue<K>>): EntryValue<K> {
  return completeMessage(imageKinds[kind].message as AnyMessage, given as Values) as EntryValue<K>;
}

/** Completes any message in the same way. */
export function completeMessage(message: AnyMessage, given: Values): Values {
  const whole: Record<string, unknown> = { ...given };
  for (const field of message.tables().ordered) {
    const value = given[field.name];
    if (value === undefined) {
      if (field.required) whole[field.name] = nothing(field);
      else if (field.repeated) whole[field.name] = [];
      else delete whole[field.name];
    } else if (field.message !== undefined) {
      const complete = (part: unknown): Values => completeMessage(field.message as AnyMessage, part as Values);
      whole[field.name] = field.repeated ? (value as readonly unknown[]).map(complete) : complete(value);
    }
  }
  return whole;
}

function nothing({ type, message }: CompiledField): unknown {
  switch (type) {
    case fieldTypes.uint64:
    case fieldTypes.int64:
    case fieldTypes.sint64:
    case fieldTypes.fixed64:
      return 0n;
    case fieldTypes.bool:
      return false;
    case fieldTypes.string:
      return "";
    case fieldTypes.bytes:
      return new Uint8Array();
    case fieldTypes.message:
      return completeMessage(message as AnyMessage, {});
    default:
      return 0;
  }
}

/** Merges values into a default. Objects are merged member by member; lists and bytes are replaced. */
export function overlay<T>(base: T, given: unknown): T {
  if (given === undefined) return base;
  if (!isPlain(base) || !isPlain(given)) return given as T;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(given)) merged[name] = overlay(merged[name], value);
  return merged as T;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
