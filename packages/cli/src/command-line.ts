import { didYouMean, ERRORS, nearest, RestoreError } from "@restage/core";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT } from "./exit-codes.ts";
import { readCriuConfig } from "./options/criu-config.ts";
import { parseWords } from "./options/parse-words.ts";
import { RESTORE_OPTIONS } from "./options/restore-options.ts";
import { createSettings } from "./options/settings.ts";
import { print } from "./report/print.ts";
import { VERSION } from "./version.ts";

/** Options that need no command. */
const STANDALONE: readonly string[] = ["--version", "-V", "--help", "-h"];

/**
 * Runs a command line. Returns the exit code.
 *
 * Throws a RestoreError.
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  if (words[0] === "criu") return (await import("./criu/criu.ts")).runCriu(words.slice(1), runCommandLine);
  if (words[0] === "crit") return (await import("./crit/crit.ts")).runCrit(words.slice(1));
  const [name, ...rest] = commandFirst(words);
  if (name === undefined) {
    process.stderr.write((await import("./help.ts")).programHelp());
    return EXIT.USAGE;
  }
  if (name === "--version" || name === "-V") return answer(`${VERSION}\n`);
  if (name === "--help" || name === "-h") return answer((await import("./help.ts")).programHelp());
  if (name === "help") return help(rest);
  const command = commandOf(name);
  const { settings, operands } = readSettings(rest, command);
  if (settings.help) return answer((await import("./help.ts")).commandHelp(name, command));
  if (settings.execute) settings.program = operands;
  const given = settings.execute ? [] : operands;
  const unexpected = given[operandsOf(command)];
  if (unexpected !== undefined)
    throw new RestoreError("ERR_OPTION", `restage ${name} does not take ${JSON.stringify(unexpected)}`);
  return command.run(settings, ...given);
}

/** Finds the command. Options can come before it, as with CRIU (getopt_long(3)). */
function commandFirst(words: readonly string[]): readonly string[] {
  const [first] = words;
  if (first === undefined || !first.startsWith("-") || STANDALONE.includes(first)) return words;
  const [name] = parseWords(words, RESTORE_OPTIONS, createSettings());
  if (name === undefined)
    throw new RestoreError("ERR_OPTION", "Name a command", { hint: "for example: `restage restore`" });
  const at = words.indexOf(name);
  return [name, ...words.slice(0, at), ...words.slice(at + 1)];
}

/** The settings of CRIU's configuration, overridden by the command line. */
function readSettings(words: readonly string[], { options }: Command) {
  const settings = createSettings();
  const operands = parseWords(words, options, settings);
  if (settings.criuConfig === undefined) return { settings, operands };
  const both = createSettings();
  parseWords([...readCriuConfig(settings.criuConfig), ...words], options, both);
  return { settings: both, operands };
}

/** How many operands a command takes. */
function operandsOf({ operand }: Command): number {
  if (operand === undefined) return 0;
  return operand.includes("...") ? Number.POSITIVE_INFINITY : operand.split(" ").length;
}

function commandOf(name: string): Command {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command;
  const names = Object.keys(COMMANDS);
  throw new RestoreError("ERR_OPTION", `There is no command ${name}`, { hint: didYouMean(name, names) });
}

/** `restage help [COMMAND|TOPIC]`. */
async function help([name]: readonly string[]): Promise<number> {
  const { commandHelp, programHelp } = await import("./help.ts");
  if (name === undefined) return answer(programHelp());
  if (Object.hasOwn(COMMANDS, name)) return answer(commandHelp(name, commandOf(name)));
  if (name === "crit" || name === "criu") return await runCommandLine([name, "--help"]);
  const { namesInPages, pageNames, topicHelp } = await import("./topics.ts");
  const text = topicHelp(name);
  if (text !== undefined) return answer(text);
  const names = [...Object.keys(COMMANDS), "crit", "criu", ...pageNames(), ...Object.keys(ERRORS)];
  const hint = didYouMean(name, names) ?? pageAbout(name, namesInPages());
  throw new RestoreError("ERR_OPTION", `There is no command or topic ${name}`, { hint });
}

/** The page to read about a name in code, or the nearest one. */
function pageAbout(name: string, pages: ReadonlyMap<string, string>): string {
  const meant = nearest(name, [...pages.keys()]);
  const page = meant === undefined ? undefined : pages.get(meant);
  if (page === undefined) return "list commands and pages: `restage help`";
  return `read about ${meant}: \`restage help ${Object.hasOwn(COMMANDS, page) ? `${page}.md` : page}\``;
}

function answer(text: string): number {
  print(text);
  return EXIT.OK;
}
