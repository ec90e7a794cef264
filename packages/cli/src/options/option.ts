import { RestoreError } from "@restage/core";
import type { Settings } from "./settings.ts";

/** An option of the command line. */
export interface Option {
  /** Its long name, without dashes. */
  readonly name: string;
  /** Its letter. */
  readonly letter: string | undefined;
  /** The name of its value in the help; undefined for a switch, which `--no-NAME` turns off again, as in CRIU. */
  readonly value: string | undefined;
  /** Whether the value is optional. */
  readonly optional: boolean;
  /** Its text in the help; undefined for an option of CRIU that sets nothing. */
  readonly says: string | undefined;
  /** What happens to an option of CRIU that sets nothing. */
  readonly fate?: "ignored" | "refused";
  readonly set: (settings: Settings, given: Given) => void;
}

/** A value; true for a switch, or if an optional value was left out; false for a switch that is turned off. */
export type Given = string | boolean;

/** Converts the given word to a value. Throws a RangeError whose message is what was expected. */
export type Reader<T> = (given: Given) => T;

/** Reads a declaration such as `-D, --images-dir DIR`: letter, name, value; `[VALUE]` if the value is optional. */
export function declareOption(declaration: string, says: string | undefined, set: Option["set"]): Option {
  const [, letter, name, open, value] = /^(?:-(.), )?--([^ ]+)(?: (\[)?([^\]]+)\]?)?$/.exec(declaration) ?? [];
  if (name === undefined) throw new Error(`Cannot declare the option ${declaration}`);
  return { name, letter, value, optional: open !== undefined, says, set };
}

/** An option of CRIU whose behavior is always on here, or that matters only for another command. */
export function ignoredOption(declaration: string): Option {
  return { ...declareOption(declaration, undefined, () => {}), fate: "ignored" };
}

/** An option of CRIU that Restage does not support yet. It can still be turned off: `--no-NAME`. */
export function refusedOption(declaration: string, hint?: string): Option {
  const option = declareOption(declaration, undefined, (_settings, given) => {
    if (given === false) return;
    const message = `--${option.name} is an option of CRIU that Restage does not support yet`;
    throw new RestoreError("ERR_OPTION", message, { hint });
  });
  return { ...option, fate: "refused" };
}
