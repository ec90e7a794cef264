import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIG_KEYS, type ValueSchema } from "../packages/core/src/config/keys.ts";
import { DEFAULT_DUMP_OPTIONS } from "../packages/core/src/dump/options.ts";
import { DEFAULT_OPTIONS } from "../packages/core/src/restore/options.ts";

/** Where the types of a configuration describe its keys, and where those of its section for checkpoints do. */
const DESCRIBED = ["restore/options.ts", "config/define-config.ts"];
const DESCRIBED_OF_CHECKPOINTS = ["dump/options.ts", "config/define-config.ts"];

/** In JSON, plugins are named. */
const PLUGIN_NAMES = {
  type: "array",
  items: {
    anyOf: [
      { type: "string", description: "A ready-made plugin, a package, or a path." },
      {
        type: "array",
        description: "The name of a plugin, and the arguments for it.",
        items: [{ type: "string" }],
        minItems: 1,
      },
    ],
  },
} as const;

/** `restage.schema.json`: what a configuration in JSON can contain, for editors. Functions are left out. */
export function configSchema(): string {
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of Restage",
    ...objectSchema(CONFIG_KEYS, DESCRIBED, DEFAULT_OPTIONS),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

type Keys = Readonly<Record<string, ValueSchema>>;

function objectSchema(keys: Keys, files: readonly string[], defaults: object): object {
  const descriptions: Readonly<Record<string, string>> = {
    $schema: "The schema of this file, for editors.",
    ...Object.fromEntries(files.flatMap(docsIn)),
  };
  const properties = Object.entries(keys)
    .filter(([, { type }]) => type !== "function")
    .map(([key, schema]) => [
      key,
      { description: descriptions[key], ...valuesOf(key, schema), ...defaultOf(key, defaults) },
    ]);
  return { type: "object", properties: Object.fromEntries(properties), additionalProperties: false };
}

function valuesOf(key: string, schema: ValueSchema): object {
  if (key === "plugins") return PLUGIN_NAMES;
  if (schema.type !== "object" || schema.properties?.["plugins"] === undefined) return schema;
  return key === "checkpoint"
    ? objectSchema(schema.properties, DESCRIBED_OF_CHECKPOINTS, DEFAULT_DUMP_OPTIONS)
    : objectSchema(schema.properties, DESCRIBED, {});
}

function defaultOf(key: string, defaults: object): object {
  const value = (defaults as Readonly<Record<string, unknown>>)[key];
  return value === undefined ? {} : { default: value };
}

/** The members of the interfaces in a file, each with its docs. Where a fact comes from matters only in the sources. */
function docsIn(file: string): readonly (readonly [key: string, text: string])[] {
  const source = readFileSync(join(import.meta.dirname, "../packages/core/src", file), "utf8");
  return [...source.matchAll(/^ {2}\/\*\*((?:(?!\*\/).)*)\*\/\n {2}readonly (\w+)\??:/gms)].map(
    ([, docs = "", key = ""]) => [
      key,
      docs
        .replaceAll(/\n {3}\*/g, "")
        .replace(/ Source: .*/, "")
        .trim(),
    ],
  );
}
