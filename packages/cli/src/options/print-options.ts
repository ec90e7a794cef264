import type { Option } from "./option.ts";

/** The names of the options that have this fate, separated by commas. */
export function namesOf(options: readonly Option[], fate: Option["fate"]): string {
  return options.flatMap((option) => (option.fate === fate ? [`--${option.name}`] : [])).join(", ");
}

/** The words of an option, with its value: `-D, --images-dir DIR`. */
export function synopsis({ name, letter, value, optional }: Option): string {
  const names = letter === undefined ? `    --${name}` : `-${letter}, --${name}`;
  if (value === undefined) return names;
  return optional ? `${names} [${value}]` : `${names} ${value}`;
}
