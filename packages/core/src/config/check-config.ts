import { RestoreError } from "../errors.ts";
import { DEFAULT_OPTIONS, FILE_VALIDATIONS } from "../restore/options.ts";
import type { RestoreConfig } from "./define-config.ts";

/** A value of the right type for every key of a configuration. */
const SAMPLES: Readonly<Record<string, unknown>> = { ...DEFAULT_OPTIONS, images: "", pidfile: "", plugins: [] };

/**
 * Checks the contents of a configuration file, which can come from JavaScript or JSON.
 *
 * Throws ERR_CONFIG, with the file.
 */
export function checkConfig(config: unknown, file: string): RestoreConfig {
  const problem = problemOf(config);
  if (problem === undefined) return config as RestoreConfig;
  throw new RestoreError("ERR_CONFIG", `Cannot use ${file}: ${problem}`, {
    hint: "with `export default defineConfig({ ... })`, an editor checks it",
  });
}

function problemOf(config: unknown): string | undefined {
  if (typeof config !== "object" || config === null || Array.isArray(config)) return "it exports no configuration";
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(SAMPLES, key)) return `there is no option ${key}`;
    const expected = typeof SAMPLES[key];
    if (value !== undefined && typeof value !== expected) {
      return `expected ${key} to be a ${expected}, found ${JSON.stringify(value) ?? typeof value}`;
    }
  }
  const { timeout, fileValidation, plugins = [] } = config as RestoreConfig;
  if (timeout !== undefined && !(timeout > 0)) return `expected timeout to be above 0, found ${timeout}`;
  if (fileValidation !== undefined && !FILE_VALIDATIONS.includes(fileValidation)) {
    return `expected fileValidation to be one of ${FILE_VALIDATIONS.join(", ")}, found ${fileValidation}`;
  }
  if (!Array.isArray(plugins)) return "expected plugins to be an array";
  const wrong = plugins.findIndex((plugin: unknown) => !isPlugin(plugin));
  return wrong < 0 ? undefined : `plugins[${wrong}] is no plugin: was its function not called?`;
}

function isPlugin(value: unknown): boolean {
  return typeof value === "object" && value !== null && "name" in value && "apply" in value;
}
