import { type AnyMessage, type CompiledField, fieldTypes, type ImageKindName, imageKinds } from "@restage/images";
import { didYouMean } from "../nearest.ts";
import type { Problem } from "../plugin/check-plugin.ts";
import { shown } from "../program/parameter.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * Returns what is wrong with the entry that a tap returned for another one: a field that the kind does not have, or a value that does not fit its field.
 * Looks only at what the tap has changed, at any depth.
 */
export function problemOfEntry(kind: ImageKindName, before: unknown, after: unknown): Problem | undefined {
  if (after === before) return undefined;
  if (!isObject(after)) return { message: shown(after), hint: "return the entry, changed or not" };
  const { message } = imageKinds[kind];
  return message === undefined ? undefined : problemOfMessage(message, before, after, kind);
}

function problemOfMessage(type: AnyMessage, before: unknown, after: Values, path: string): Problem | undefined {
  const fields = type.tables().ordered;
  const given: Values = isObject(before) ? before : {};
  for (const name of Object.keys(after)) {
    if (after[name] === given[name] || fields.some((field) => field.name === name)) continue;
    const names = fields.map((field) => field.name);
    return { message: `an entry with the field ${name}, which ${path} does not have`, hint: didYouMean(name, names) };
  }
  for (const field of fields) {
    const value = after[field.name];
    if (value === given[field.name] && isObject(before)) continue;
    const problem = problemOfField(field, given[field.name], value, `${path}.${field.name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfField(field: CompiledField, before: unknown, after: unknown, path: string): Problem | undefined {
  if (!field.repeated) {
    return after === undefined && !field.required ? undefined : problemOfValue(field, before, after, path);
  }
  if (!Array.isArray(after)) return unfit(path, after, "a list");
  const given = new Set(Array.isArray(before) ? before : []);
  for (const [index, value] of after.entries()) {
    if (given.has(value)) continue;
    const problem = problemOfValue(
      field,
      Array.isArray(before) ? before[index] : undefined,
      value,
      `${path}[${index}]`,
    );
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfValue(field: CompiledField, before: unknown, after: unknown, path: string): Problem | undefined {
  switch (field.type) {
    case fieldTypes.message:
      if (!isObject(after)) return unfit(path, after, "an object");
      return problemOfMessage(field.message as AnyMessage, before, after, path);
    case fieldTypes.bytes:
      return after instanceof Uint8Array ? undefined : unfit(path, after, "bytes");
    case fieldTypes.string:
      return typeof after === "string" ? undefined : unfit(path, after, "a string");
    case fieldTypes.bool:
      return typeof after === "boolean" ? undefined : unfit(path, after, "a boolean");
    case fieldTypes.uint64:
    case fieldTypes.int64:
    case fieldTypes.sint64:
    case fieldTypes.fixed64:
      return typeof after === "bigint" ? undefined : unfit(path, after, "a bigint");
    default:
      if (typeof after !== "number") return unfit(path, after, "a number");
      return Number.isInteger(after) ? undefined : unfit(path, after, "an integer");
  }
}

function unfit(path: string, value: unknown, expected: string): Problem {
  return {
    message: `an entry whose ${path} is ${value === undefined ? "missing" : `${shown(value)}, not ${expected}`}`,
  };
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
