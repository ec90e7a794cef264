import { RestoreError } from "../errors.ts";
import { type Problem, problemOfPlugin } from "../plugin/check-plugin.ts";
import { problemOfObject } from "./check-value.ts";
import type { RestoreConfig } from "./define-config.ts";
import { CONFIG_KEYS } from "./keys.ts";

/**
 * Checks the contents of a configuration file, which can come from JavaScript or JSON. Returns them without `$schema`, which is for editors.
 *
 * Throws ERR_CONFIG, with the file.
 */
export function checkConfig(config: unknown, file: string): RestoreConfig {
  const problem = problemOf(config);
  if (problem === undefined) {
    const { $schema, ...checked } = config as RestoreConfig & { readonly $schema?: string };
    return checked;
  }
  const { message, hint = "with `export default defineConfig({ ... })`, an editor checks it" } = problem;
  throw new RestoreError("ERR_CONFIG", `Cannot use ${file}: ${message}`, { hint });
}

function problemOf(config: unknown): Problem | undefined {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    return { message: "it exports no configuration" };
  }
  const problem = problemOfObject(config, { type: "object", properties: CONFIG_KEYS, additionalProperties: false });
  if (problem !== undefined) return problem;
  const { plugins = [] } = config as RestoreConfig;
  for (const [index, plugin] of plugins.entries()) {
    const problem = problemOfPlugin(plugin);
    if (problem !== undefined)
      return { message: `plugins[${index}] is not a plugin: ${problem.message}`, hint: problem.hint };
  }
  return undefined;
}
