import { nearest, RestoreError } from "@restage/core";
import type { Given, Option } from "./option.ts";
import type { Settings } from "./settings.ts";

/**
 * Reads the words of a command line like getopt_long(3): `--name=value`, `--name value`, `-Ddir`, `-ds`. An optional value is the next word, unless that
 * is an option.
 *
 * Throws ERR_OPTION.
 *
 * @param settings are set.
 * @returns the operands: the words that do not belong to an option.
 */
export function parseWords(
  words: readonly string[],
  options: readonly Option[],
  settings: Settings,
): readonly string[] {
  const rest = [...words];
  const operands: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") return [...operands, ...rest];
    if (word.startsWith("--")) takeName(word.slice(2), rest, options, settings);
    else if (word.startsWith("-") && word !== "-") takeLetters(word.slice(1), rest, options, settings);
    else operands.push(word);
  }
  return operands;
}

function takeName(word: string, rest: string[], options: readonly Option[], settings: Settings): void {
  const [, name = word, attached] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
  const option = options.find((option) => option.name === name);
  if (option?.value !== undefined) {
    set(option, `--${name}`, attached ?? nextWord(option, `--${name}`, rest), settings);
    return;
  }
  const negated = option === undefined ? switchTakenBack(name, options) : undefined;
  const found = option ?? negated;
  if (found === undefined) throw unknownOption(name, options);
  if (attached !== undefined) throw new RestoreError("ERR_OPTION", `--${name} takes no value`);
  set(found, `--${name}`, negated === undefined, settings);
}

/** Letters can be combined; the first one that takes a value takes the rest of the word. */
function takeLetters(letters: string, rest: string[], options: readonly Option[], settings: Settings): void {
  const letter = letters.charAt(0);
  const option = options.find((option) => option.letter === letter);
  if (option === undefined) throw new RestoreError("ERR_OPTION", `There is no option -${letter}`);
  if (option.value !== undefined) {
    set(option, `-${letter}`, letters.slice(1) || nextWord(option, `-${letter}`, rest), settings);
    return;
  }
  set(option, `-${letter}`, true, settings);
  if (letters.length > 1) takeLetters(letters.slice(1), rest, options, settings);
}

function switchTakenBack(name: string, options: readonly Option[]): Option | undefined {
  if (!name.startsWith("no-")) return undefined;
  return options.find((option) => option.value === undefined && option.name === name.slice("no-".length));
}

function nextWord({ optional, value }: Option, as: string, rest: string[]): Given {
  const [next] = rest;
  if (optional && (next === undefined || next.startsWith("-"))) return true;
  const word = rest.shift();
  if (word === undefined) throw new RestoreError("ERR_OPTION", `${as} needs a value: ${value}`);
  return word;
}

function set(option: Option, as: string, given: Given, settings: Settings): void {
  try {
    option.set(settings, given);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RestoreError(
      "ERR_OPTION",
      `Bad value for ${as}: expected ${error.message}, found ${JSON.stringify(given)}`,
    );
  }
}

function unknownOption(name: string, options: readonly Option[]): RestoreError {
  const close = nearest(
    name,
    options.map((option) => option.name),
  );
  const hint = close === undefined ? undefined : `did you mean --${close}?`;
  return new RestoreError("ERR_OPTION", `There is no option --${name}`, { hint });
}
