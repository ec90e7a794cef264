import { RestoreError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { type PluginProblem, problemOfPlugin } from "../plugin/check-plugin.ts";
import { CGROUP_MODES, DEFAULT_OPTIONS, FILE_VALIDATIONS, PID_POLICIES } from "../restore/options.ts";
import type { RestoreConfig } from "./define-config.ts";

/** A value of the right type for every key of a configuration. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  ...DEFAULT_OPTIONS,
  images: "",
  pidfile: "",
  pidPolicy: "",
  cgroupRoot: "",
  cgroupYard: "",
  root: "",
  plugins: [],
};

/** The options that are one of several words. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  fileValidation: FILE_VALIDATIONS,
  manageCgroups: CGROUP_MODES,
  pidPolicy: PID_POLICIES,
};

/**
 * Checks the contents of a configuration file, which can come from JavaScript or JSON.
 *
 * Throws ERR_CONFIG, with the file.
 */
export function checkConfig(config: unknown, file: string): RestoreConfig {
  const problem = problemOf(config);
  if (problem === undefined) return config as RestoreConfig;
  const { message, hint = "with `export default defineConfig({ ... })`, an editor checks it" } = problem;
  throw new RestoreError("ERR_CONFIG", `Cannot use ${file}: ${message}`, { hint });
}

function problemOf(config: unknown): PluginProblem | undefined {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    return { message: "it exports no configuration" };
  }
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(SAMPLES, key)) {
      return { message: `there is no option ${key}`, hint: didYouMean(key, Object.keys(SAMPLES)) };
    }
    const expected = Array.isArray(SAMPLES[key]) ? "array" : typeof SAMPLES[key];
    const found = Array.isArray(value) ? "array" : typeof value;
    if (value !== undefined && (found !== expected || value === null)) {
      const article = expected === "array" || expected === "object" ? "an" : "a";
      return { message: `expected ${key} to be ${article} ${expected}, found ${JSON.stringify(value) ?? found}` };
    }
  }
  const { timeout, plugins = [] } = config as RestoreConfig;
  if (timeout !== undefined && !(timeout > 0)) return { message: `expected timeout to be above 0, found ${timeout}` };
  for (const [key, words] of Object.entries(CHOICES)) {
    const word = (config as Readonly<Record<string, string | undefined>>)[key];
    if (word === undefined || words.includes(word)) continue;
    return {
      message: `expected ${key} to be one of ${words.join(", ")}, found ${word}`,
      hint: didYouMean(word, words),
    };
  }
  for (const [index, plugin] of plugins.entries()) {
    const problem = problemOfPlugin(plugin);
    if (problem !== undefined)
      return { message: `plugins[${index}] is not a plugin: ${problem.message}`, hint: problem.hint };
  }
  return undefined;
}
