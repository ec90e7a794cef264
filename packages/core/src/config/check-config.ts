import { readFileSync } from "node:fs";
import { RestoreError } from "../errors.ts";
import { type Problem, problemOfPlugin } from "../plugin/check-plugin.ts";
import { problemOfObject } from "./check-value.ts";
import type { RestoreConfig } from "./define-config.ts";
import { CONFIG_KEYS } from "./keys.ts";
import { type ConfigPath, lineOf, printPath } from "./place-in-text.ts";
import { SECTIONS } from "./sections.ts";

/** What is wrong with a configuration, and where. */
export interface ConfigProblem extends Problem {
  readonly at?: ConfigPath;
}

/**
 * Checks the contents of a configuration file, which can come from JavaScript or JSON. Returns them without `$schema`, which is for editors.
 *
 * Throws ERR_CONFIG, with the file and the line.
 */
export function checkConfig(config: unknown, file: string): RestoreConfig {
  const problem = problemOf(config);
  if (problem === undefined) {
    const { $schema, ...checked } = config as RestoreConfig & { readonly $schema?: string };
    return checked;
  }
  throw configError(file, problem);
}

/** The error for a problem of a configuration. */
export function configError(file: string, { message, hint, at = [] }: ConfigProblem, cause?: unknown): RestoreError {
  const advice =
    hint ?? (isCode(file) ? "use `export default defineConfig({ ... })`: an editor then checks it" : undefined);
  return new RestoreError("ERR_CONFIG", `Cannot use ${placeIn(file, at)}: ${message}`, { hint: advice, cause });
}

function isCode(file: string): boolean {
  return !file.endsWith(".json");
}

/** `FILE:LINE`, or the file alone if the value is not written there. */
function placeIn(file: string, at: ConfigPath): string {
  if (at.length === 0) return file;
  try {
    const line = lineOf(readFileSync(file, "utf8"), at);
    return line === undefined ? file : `${file}:${line}`;
  } catch {
    return file;
  }
}

function problemOf(config: unknown): ConfigProblem | undefined {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    return { message: "it exports no configuration" };
  }
  const problem = problemOfObject(config, { type: "object", properties: CONFIG_KEYS, additionalProperties: false });
  if (problem !== undefined) return problem;
  for (const { at, plugins } of pluginLists(config as RestoreConfig)) {
    for (const [index, plugin] of plugins.entries()) {
      const problem = problemOfPlugin(plugin);
      if (problem === undefined) continue;
      const { message, hint } = problem;
      const path = [...at, index];
      return { message: `${printPath(path)} is not a plugin: ${message}`, hint, at: path };
    }
  }
  return undefined;
}

/** The lists of plugins in a configuration: that of the whole file, and those of its sections. */
export function pluginLists(
  config: object,
): readonly { readonly at: ConfigPath; readonly plugins: readonly unknown[] }[] {
  const holders = [
    [[], config] as const,
    ...SECTIONS.map((name) => [[name], (config as RestoreConfig)[name]] as const),
  ];
  return holders.flatMap(([at, holder]) => {
    const { plugins } = (holder ?? {}) as { readonly plugins?: unknown };
    return Array.isArray(plugins) ? [{ at: [...at, "plugins"], plugins }] : [];
  });
}
