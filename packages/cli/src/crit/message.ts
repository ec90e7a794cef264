import { RestoreError } from "@restage/core";
import { type AnyMessage, type CompiledField, fieldTypes, type UnknownField, unknownFields } from "@restage/images";
import { fromBase64, fromQuoted, toBase64, toQuoted } from "./bytes.ts";
import { addressToText, deviceToText, textToAddress, textToDevice } from "./devices-and-addresses.ts";
import { FORMS, type Form } from "./forms.ts";
import type { Json, JsonObject } from "./json.ts";
import { flagsToText, hexadecimal, textToFlags, toInteger } from "./names.ts";

/** The key of fields that a message type does not have. crit of CRIU drops them. */
const UNKNOWN = "$unknown";

type Values = { readonly [name: string]: unknown; readonly [unknownFields]?: readonly UnknownField[] };

/** A message as `crit` writes it. @param pretty whether numbers have the form for people. @param hex whether all numbers are hexadecimal. */
export function messageToJson(type: AnyMessage, value: unknown, pretty: boolean, hex = false): JsonObject {
  const object: Record<string, Json> = {};
  const values = value as Values;
  for (const field of type.tables().ordered) {
    const found = values[field.name];
    if (found === undefined || (Array.isArray(found) && found.length === 0)) continue;
    const form = FORMS[type.name]?.[field.name];
    if (form === "address" && pretty) object[field.name] = [addressToText(found as readonly number[])];
    else if (Array.isArray(found))
      object[field.name] = found.map((item) => valueToJson(field, form, item, pretty, hex));
    else object[field.name] = valueToJson(field, form, found, pretty, hex);
  }
  const unknown = values[unknownFields];
  if (unknown !== undefined && unknown.length > 0)
    object[UNKNOWN] = unknown.map(({ number, wireType, data }) => ({ number, wireType, data: toBase64(data) }));
  return object;
}

function valueToJson(
  field: CompiledField,
  form: Form | undefined,
  value: unknown,
  pretty: boolean,
  hex: boolean,
): Json {
  if (field.message !== undefined) return messageToJson(field.message, value, pretty, hex || form === "hex");
  if (value instanceof Uint8Array) return form === "text" ? toQuoted(value) : toBase64(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  const number = value as number | bigint;
  if (typeof form === "object" && "enumeration" in form) return nameOf(form.enumeration, number) ?? number;
  if (!pretty) return number;
  if (hex || form === "hex") return hexadecimal(BigInt(number));
  if (form === "dev" || form === "odev") return deviceToText(form, BigInt(number));
  if (typeof form !== "object") return number;
  return "flags" in form ? flagsToText(BigInt(number), form.flags) : (nameOf(form.names, number) ?? number);
}

function nameOf(names: Readonly<Record<string, number>>, number: number | bigint): string | undefined {
  return Object.entries(names).find(([, each]) => each === Number(number))?.[0];
}

/** The inverse of `messageToJson`. Throws ERR_IMAGE for a field that the type does not have, and for a value that does not fit. */
export function jsonToMessage(type: AnyMessage, object: JsonObject): object {
  const { ordered } = type.tables();
  const strange = Object.keys(object).filter(
    (name) => name !== UNKNOWN && !ordered.some((field) => field.name === name),
  );
  if (strange.length > 0) throw new RestoreError("ERR_IMAGE", `${type.name} has no field ${strange.join(", ")}`);
  const values: Record<string | symbol, unknown> = {};
  for (const field of ordered) {
    const given = object[field.name];
    if (given === undefined) continue;
    const form = FORMS[type.name]?.[field.name];
    const [first] = Array.isArray(given) ? given : [];
    if (form === "address" && typeof first === "string") values[field.name] = textToAddress(first);
    else if (Array.isArray(given)) values[field.name] = given.map((item: Json) => jsonToValue(type, field, form, item));
    else values[field.name] = jsonToValue(type, field, form, given);
  }
  const unknown = object[UNKNOWN] as readonly { number: number; wireType: number; data: string }[] | undefined;
  if (unknown !== undefined)
    values[unknownFields] = unknown.map((field) => ({ ...field, data: fromBase64(field.data) }));
  return values;
}

function jsonToValue(type: AnyMessage, field: CompiledField, form: Form | undefined, given: Json): unknown {
  switch (field.type) {
    case fieldTypes.message:
      return jsonToMessage(field.message as AnyMessage, given as JsonObject);
    case fieldTypes.bytes:
      return form === "text" ? fromQuoted(String(given)) : fromBase64(String(given));
    case fieldTypes.string:
      return String(given);
    case fieldTypes.bool:
      return given === true;
    default:
      return jsonToNumber(type, field, form, given);
  }
}

const WIDE: readonly number[] = [fieldTypes.uint64, fieldTypes.int64, fieldTypes.sint64, fieldTypes.fixed64];

function jsonToNumber(
  { name }: AnyMessage,
  field: CompiledField,
  form: Form | undefined,
  given: Json,
): number | bigint {
  const number = typeof given === "string" ? textToNumber(form, given) : BigInt(given as number);
  if (number !== undefined) return WIDE.includes(field.type) ? number : Number(number);
  throw new RestoreError("ERR_IMAGE", `${name}.${field.name} cannot be ${JSON.stringify(given)}`);
}

function textToNumber(form: Form | undefined, text: string): bigint | undefined {
  if (form === "dev" || form === "odev") return textToDevice(form, text) ?? toInteger(text);
  if (typeof form !== "object") return toInteger(text);
  if ("flags" in form) return textToFlags(text, form.flags);
  const number = ("names" in form ? form.names : form.enumeration)[text];
  return number === undefined ? toInteger(text) : BigInt(number);
}
