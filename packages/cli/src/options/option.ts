import type { Settings } from "./settings.ts";

/** An option of the command line. */
export interface Option {
  /** Its long name, without dashes. */
  readonly name: string;
  /** Its letter. */
  readonly letter: string | undefined;
  /** What its value is, for people; undefined for a switch, which `--no-NAME` takes back, as in CRIU. */
  readonly value: string | undefined;
  /** May the value be left out? */
  readonly optional: boolean;
  /** For `--help`; options without it are not listed there one by one. */
  readonly says: string | undefined;
  readonly set: (settings: Settings, given: Given) => void;
}

/** A value; true for a switch, or when the value was left out; false for a switch that is taken back. */
export type Given = string | boolean;

/** Makes a value of what was given. Throws a RangeError that says what was expected. */
export type Reader<T> = (given: Given) => T;

/** Reads `-D, --images-dir DIR`: letter, name, value; `[VALUE]` where that may be left out. */
export function declareOption(declaration: string, says: string | undefined, set: Option["set"]): Option {
  const [, letter, name, open, value] = /^(?:-(.), )?--([^ ]+)(?: (\[)?([^\]]+)\]?)?$/.exec(declaration) ?? [];
  if (name === undefined) throw new Error(`Cannot declare the option ${declaration}`);
  return { name, letter, value, optional: open !== undefined, says, set };
}
