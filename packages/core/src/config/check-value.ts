import { didYouMean } from "../nearest.ts";
import type { ConfigProblem } from "./check-config.ts";
import type { ObjectSchema, ValueSchema } from "./keys.ts";
import { type ConfigPath, printPath } from "./place-in-text.ts";

/**
 * What is wrong with a value of a configuration, or undefined.
 *
 * @param at its path in the configuration
 */
export function problemOfValue(value: unknown, schema: ValueSchema, at: ConfigPath): ConfigProblem | undefined {
  const { type } = schema;
  const name = printPath(at);
  if (!hasType(value, type)) {
    const article = /^[aeiou]/.test(type) ? "an" : "a";
    return { message: `expected ${name} to be ${article} ${type}, found ${JSON.stringify(value) ?? typeof value}`, at };
  }
  switch (type) {
    case "number":
      if ((value as number) > schema.exclusiveMinimum) return undefined;
      return { message: `expected ${name} to be above ${schema.exclusiveMinimum}, found ${value}`, at };
    case "string": {
      const { enum: words } = schema;
      if (words === undefined || words.includes(value as string)) return undefined;
      return {
        message: `expected ${name} to be one of ${words.join(", ")}, found ${value}`,
        hint: didYouMean(value as string, words),
        at,
      };
    }
    case "array": {
      const { items } = schema;
      if (items === undefined) return undefined;
      return first(value as readonly unknown[], (item, index) => problemOfValue(item, items, [...at, index]));
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
  at: ConfigPath = [],
): ConfigProblem | undefined {
  return first(Object.entries(value), ([key, member]) => {
    const path = [...at, key];
    const schema = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (schema === undefined || schema === false) {
      return {
        message: `there is no option ${printPath(path)}`,
        hint: didYouMean(key, Object.keys(properties)),
        at: path,
      };
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

function first<T>(
  values: readonly T[],
  problemOf: (value: T, index: number) => ConfigProblem | undefined,
): ConfigProblem | undefined {
  for (const [index, value] of values.entries()) {
    const problem = problemOf(value, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
