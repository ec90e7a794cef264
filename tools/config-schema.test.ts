import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkConfig } from "../packages/core/src/config/check-config.ts";
import { CONFIG_KEYS } from "../packages/core/src/config/keys.ts";
import { configSchema } from "./config-schema.ts";

const text = readFileSync(join(import.meta.dirname, "../packages/cli/restage.schema.json"), "utf8");
const schema = JSON.parse(text) as Schema;

type Schema = Readonly<Record<string, unknown>>;

/** Words of JSON Schema that refuse nothing. */
const NOTES = ["$schema", "title", "description", "default"];

/** Whether a schema accepts a value, by the rules of JSON Schema, draft 7. Covers only the words that the schema uses. */
function accepts(schema: Schema, value: unknown): boolean {
  return Object.entries(schema).every(([word, rule]) => NOTES.includes(word) || follows(schema, word, rule, value));
}

function follows(schema: Schema, word: string, rule: unknown, value: unknown): boolean {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const members = isObject ? Object.entries(value) : [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const known = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  switch (word) {
    case "type":
      if (rule === "object") return isObject;
      if (rule === "array") return Array.isArray(value);
      if (rule === "integer") return Number.isInteger(value);
      return ["string", "number", "boolean"].includes(String(rule)) && typeof value === rule;
    case "enum":
      return (rule as readonly unknown[]).includes(value);
    case "exclusiveMinimum":
      return typeof value !== "number" || value > Number(rule);
    case "minItems":
      return !Array.isArray(value) || items.length >= Number(rule);
    case "anyOf":
      return (rule as readonly Schema[]).some((one) => accepts(one, value));
    case "items":
      if (!Array.isArray(rule)) return items.every((item) => accepts(rule as Schema, item));
      return items.slice(0, rule.length).every((item, index) => accepts(rule[index], item));
    case "properties":
      return members.every(([key, member]) => !Object.hasOwn(known, key) || accepts(known[key] ?? {}, member));
    case "additionalProperties":
      return members.every(
        ([key, member]) => Object.hasOwn(known, key) || (rule !== false && accepts(rule as Schema, member)),
      );
    default:
      throw new Error(`This test does not know the word ${word}`);
  }
}

function isChecked(config: object): boolean {
  try {
    checkConfig(config, "restore.config.json");
    return true;
  } catch {
    return false;
  }
}

describe("restage.schema.json", () => {
  it("is what the table of keys makes", () => {
    expect(text, "the schema is stale: npm run docs").toBe(configSchema());
  });

  it("describes every key that JSON can have", () => {
    const { onEvent, ...inJson } = CONFIG_KEYS;
    const properties = schema["properties"] as Readonly<Record<string, Schema>>;
    expect(Object.keys(properties)).toEqual(Object.keys(inJson));
    for (const [key, { description }] of Object.entries(properties)) expect(description, key).toMatch(/^[A-Z].*\.$/);
  });

  it.each([
    {},
    { $schema: "./node_modules/restage/restage.schema.json", images: "./checkpoint" },
    { detached: true, timeout: 0.5, pidPolicy: "new-namespace", cpuCap: ["fpu", "ins"] },
    { extends: ["./base.json"], checkpoint: { leaveRunning: true, timeout: 5 }, plan: { tcpClose: true } },
    { inheritFd: { "pipe:[7]": 3 }, joinNamespaces: { net: "/run/netns/x" }, cgroupRoots: { cpu: "/a" } },
  ])("accepts a configuration that the command accepts: %j", (config) => {
    expect([accepts(schema, config), isChecked(config)]).toEqual([true, true]);
  });

  it.each([
    { imagse: "./checkpoint" },
    { $schema: 7 },
    { detached: "yes" },
    { detached: null },
    { timeout: 0 },
    { pidPolicy: "hope" },
    { cpuCap: ["fpu", "gpu"] },
    { external: "mnt[]" },
    { external: [7] },
    { inheritFd: { "pipe:[7]": "3" } },
    { inheritFd: { "pipe:[7]": 3.5 } },
    { joinNamespaces: { pid: "/proc/7/ns/pid" } },
    { plugins: {} },
    { extends: "./base.json" },
    { checkpoint: { detached: true } },
    { checkpoint: { allowLoss: ["hope"] } },
    { restore: { restore: {} } },
    { plugins: [7] },
    { onEvent: "log" },
  ])("refuses a configuration that the command refuses: %j", (config) => {
    expect([accepts(schema, config), isChecked(config)]).toEqual([false, false]);
  });

  // The command checks plugins after it has replaced their names.
  it.each([["movePorts"], [["movePorts", { "80": 8080 }], "./own.ts"]])(
    "accepts names of plugins: %j",
    (...plugins) => {
      expect(accepts(schema, { plugins })).toBe(true);
    },
  );

  it.each([[[[]]], [[[7, "movePorts"]]]])("refuses plugins without names: %j", (plugins) => {
    expect(accepts(schema, { plugins })).toBe(false);
  });
});
