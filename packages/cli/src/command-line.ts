import { RestoreError } from "@restage/core";
import { COMMANDS, type Command } from "./commands.ts";
import { EXIT } from "./exit-codes.ts";
import { nearest } from "./options/nearest.ts";
import { parseWords } from "./options/parse-words.ts";
import { createSettings } from "./options/settings.ts";
import { print } from "./report/print.ts";

export const VERSION = "0.1.0";

/**
 * Does what the words of a command line say; returns the exit code.
 *
 * Throws a RestoreError.
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = words;
  if (name === "--version" || name === "-V") return answer(`${VERSION}\n`);
  if (name === "--help" || name === "-h") return answer((await import("./help.ts")).programHelp());
  const command = commandOf(name);
  const settings = createSettings();
  const [operand, ...others] = parseWords(rest, command.options, settings);
  if (settings.help) return answer((await import("./help.ts")).commandHelp(name, command));
  const unexpected = command.operand === undefined ? operand : others[0];
  if (unexpected !== undefined)
    throw new RestoreError("ERR_OPTION", `restage ${name} does not take ${JSON.stringify(unexpected)}`);
  return command.run(settings, operand);
}

function commandOf(name: string): Command {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command;
  const names = Object.keys(COMMANDS);
  const close = nearest(name, names);
  throw new RestoreError("ERR_OPTION", `There is no command ${name}`, {
    hint: close === undefined ? `the commands are ${names.join(", ")}` : `is ${close} meant?`,
  });
}

function answer(text: string): number {
  print(text);
  return EXIT.OK;
}
