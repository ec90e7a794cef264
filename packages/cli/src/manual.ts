import type { Command, Commands } from "./command.ts";
import { namesOf, synopsis } from "./options/print-options.ts";
import { VERSION } from "./version.ts";

/** restage(1), in the macros of man(7), made from the tables of commands and options. */
export function manual(commands: Commands): string {
  const entries = Object.entries(commands);
  return `${[
    `.TH RESTAGE 1 "" "restage ${VERSION}"`,
    ".SH NAME",
    "restage \\- checkpoint and restore Linux process trees",
    ".SH SYNOPSIS",
    ".B restage\n.I COMMAND\n[\\fIOPTIONS\\fR]",
    ".SH DESCRIPTION",
    roff("Checkpoints and restores Linux process trees, stage by stage, in CRIU's format."),
    ".SH COMMANDS",
    ...entries.map(([name, { operand = "", says }]) => item(`${name} ${operand}`.trim(), says)),
    ...entries.flatMap(([name, command]) => [
      `.SH "RESTAGE ${name.toUpperCase()}"`,
      ...section(name, command, commands),
    ]),
    ".SH EXIT STATUS",
    item("0", "success"),
    item("1", "failed and rolled back; check: obstacles"),
    item("2", "bad usage or configuration"),
    item("3", "failed after the commit: the message says what runs"),
    ".SH SEE ALSO",
    ".BR criu (8)",
  ].join("\n")}\n`;
}

function section(name: string, { options, help }: Command, commands: Commands): readonly string[] {
  const [first = name] = Object.entries(commands).find(([, command]) => command.options === options) ?? [];
  const more = help === undefined ? [] : [`.PP\n${roff(help)}`];
  if (first !== name) return [roff(`Takes the options of restage ${first}.`), ...more];
  const lists = [
    ["Options of CRIU that are accepted without effect", namesOf(options, "ignored")],
    ["Options of CRIU that Restage does not support yet, and refuses", namesOf(options, "refused")],
  ] as const;
  return [
    ...options.flatMap((option) => (option.says === undefined ? [] : [item(synopsis(option).trim(), option.says)])),
    ...lists.flatMap(([title, names]) => (names === "" ? [] : [`.PP\n${roff(`${title}: ${names}`)}`])),
    ...more,
  ];
}

function item(term: string, says: string): string {
  return `.TP\n.B ${roff(term)}\n${roff(says)}`;
}

/** Text as roff reads it: a backslash, a hyphen that can be copied, and no line that starts like a request. */
function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
