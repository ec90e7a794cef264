import { didYouMean } from "@restage/core";

/**
 * Returns the options of a plugin.
 *
 * Throws a RangeError for an option that the plugin does not have: in JavaScript and JSON, no compiler finds it.
 *
 * @param known every option of the type
 */
export function knownOptions<T extends object>(plugin: string, options: T, known: Readonly<Record<keyof T, true>>): T {
  const names = Object.keys(known);
  const wrong = Object.keys(options).find((name) => !names.includes(name));
  if (wrong === undefined) return options;
  const hint = didYouMean(wrong, names);
  throw new RangeError(`${plugin} has no option ${wrong}${hint === undefined ? "" : `; ${hint}`}`);
}
