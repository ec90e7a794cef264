import { PHASES } from "../dump/phases.ts";
import { RestoreError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { STAGES } from "../restore/stages.ts";

const KEYS: Readonly<Record<string, "string" | "function" | "object">> = {
  name: "string",
  duty: "string",
  needs: "object",
  provides: "object",
  uses: "object",
  stages: "object",
  phases: "object",
  apply: "function",
  dump: "function",
};

const DESCRIBED = { stages: STAGES.map(({ name }) => name), phases: PHASES.map(({ name }) => name) } as const;

/** What is wrong with a plugin, or with another value of a configuration, and what would help. */
export interface Problem {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Returns what is wrong with a value as a plugin, or undefined. */
export function problemOfPlugin(value: unknown): Problem | undefined {
  if (typeof value === "function") return { message: "it is a function", hint: "call it: it returns the plugin" };
  if (typeof value !== "object" || value === null) return { message: "it is not an object" };
  const plugin = value as Readonly<Record<string, unknown>>;
  if (typeof plugin["name"] !== "string" || plugin["name"] === "") return { message: "it has no name" };
  const name = plugin["name"];
  // An instance of a class can have members of its own.
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  for (const key of Object.keys(plugin)) {
    const expected = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (expected === undefined) {
      if (isPlain) return { message: `${name} has an unknown member ${key}`, hint: didYouMean(key, Object.keys(KEYS)) };
    } else if (plugin[key] !== undefined && typeof plugin[key] !== expected) {
      return { message: `expected ${key} of ${name} to be a ${expected}, found ${typeof plugin[key]}` };
    }
  }
  if (typeof plugin["apply"] !== "function" && typeof plugin["dump"] !== "function") {
    return {
      message: `${name} taps nothing`,
      hint: "give it a method `apply` for restores, or `dump` for checkpoints",
    };
  }
  for (const member of ["stages", "phases"] as const) {
    const names: readonly string[] = DESCRIBED[member];
    const wrong = Object.keys(plugin[member] ?? {}).find((described) => !names.includes(described));
    if (wrong !== undefined) return { message: `${name} describes ${member}.${wrong}`, hint: didYouMean(wrong, names) };
  }
  return undefined;
}

/** Throws ERR_PLUGIN for the first of the values that is not a plugin, or has a member that no plugin has. */
export function assertPlugins(values: readonly unknown[]): void {
  values.forEach((value, index) => {
    const problem = problemOfPlugin(value);
    if (problem === undefined) return;
    throw new RestoreError("ERR_PLUGIN", `Cannot use plugins[${index}]: ${problem.message}`, { hint: problem.hint });
  });
}
