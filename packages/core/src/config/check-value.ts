import { didYouMean } from "../nearest.ts";
import type { Problem } from "../plugin/check-plugin.ts";
import type { ObjectSchema, ValueSchema } from "./keys.ts";

/**
 * What is wrong with a value of a configuration, or undefined.
 *
 * @param at its path in the configuration: `inheritFd["pipe:[7]"]`
 */
export function problemOfValue(value: unknown, schema: ValueSchema, at: string): Problem | undefined {
  const { type } = schema;
  if (!hasType(value, type)) {
    const article = /^[aeiou]/.test(type) ? "an" : "a";
    return { message: `expected ${at} to be ${article} ${type}, found ${JSON.stringify(value) ?? typeof value}` };
  }
  switch (type) {
    case "number":
      if ((value as number) > schema.exclusiveMinimum) return undefined;
      return { message: `expected ${at} to be above ${schema.exclusiveMinimum}, found ${value}` };
    case "string": {
      const { enum: words } = schema;
      if (words === undefined || words.includes(value as string)) return undefined;
      return {
        message: `expected ${at} to be one of ${words.join(", ")}, found ${value}`,
        hint: didYouMean(value as string, words),
      };
    }
    case "array": {
      const { items } = schema;
      if (items === undefined) return undefined;
      return first(value as readonly unknown[], (item, index) => problemOfValue(item, items, `${at}[${index}]`));
    }
    case "object":
      return problemOfObject(value as object, schema, at);
    default:
      return undefined;
  }
}

/** @param at empty for the configuration itself. */
export function problemOfObject(
  value: object,
  { properties = {}, additionalProperties }: ObjectSchema,
  at = "",
): Problem | undefined {
  return first(Object.entries(value), ([key, member]) => {
    const path = pathOf(at, key);
    const schema = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (schema === undefined || schema === false) {
      return { message: `there is no option ${path}`, hint: didYouMean(key, Object.keys(properties)) };
    }
    return member === undefined ? undefined : problemOfValue(member, schema, path);
  });
}

function hasType(value: unknown, type: ValueSchema["type"]): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function pathOf(at: string, key: string): string {
  if (at === "") return key;
  return /^[\w$]+$/.test(key) ? `${at}.${key}` : `${at}[${JSON.stringify(key)}]`;
}

function first<T>(
  values: readonly T[],
  problemOf: (value: T, index: number) => Problem | undefined,
): Problem | undefined {
  for (const [index, value] of values.entries()) {
    const problem = problemOf(value, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
