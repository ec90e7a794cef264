import type { Commands } from "../command.ts";
import type { Option } from "../options/option.ts";

/** The shells that `restage completion` knows. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Commands that take the same options and the same operand. */
export interface CommandGroup {
  readonly names: readonly string[];
  readonly operand: string | undefined;
  /** The options that do something. */
  readonly options: readonly Option[];
}

/** Every command with what it does, and `help`. */
export function commandNames(commands: Commands): readonly (readonly [name: string, says: string])[] {
  return [
    ...Object.entries(commands).map(([name, { says }]) => [name, says] as const),
    ["help", "list the commands, or the options of one"],
  ];
}

/** The commands, in groups of those that are completed alike. */
export function commandGroups(commands: Commands): readonly CommandGroup[] {
  const groups: (CommandGroup & { readonly names: string[]; readonly all: readonly Option[] })[] = [];
  for (const [name, { operand, options: all }] of Object.entries(commands)) {
    const group = groups.find((group) => group.all === all && group.operand === operand);
    const options = all.filter(({ says }) => says !== undefined);
    if (group === undefined) groups.push({ names: [name], operand, options, all });
    else group.names.push(name);
  }
  return groups;
}

/** What completes a value or an operand, by its name in the help. */
export function completes(value: string | undefined): "directories" | "files" | "shells" | "nothing" {
  // Of several operands, the first one.
  switch (value?.split(" ")[0]?.replace(/^\[(.*)\]$/, "$1")) {
    case "DIR":
      return "directories";
    case "FILE":
    case "PATH":
    case "IMAGE":
      return "files";
    case "SHELL":
      return "shells";
    default:
      return "nothing";
  }
}

/** The words of an option: `--images-dir`, `-D`. */
export function wordsOf({ name, letter }: Option): readonly string[] {
  return letter === undefined ? [`--${name}`] : [`--${name}`, `-${letter}`];
}
