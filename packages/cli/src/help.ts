import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { namesOf, synopsis } from "./options/print-options.ts";
import { table, wrap } from "./report/table.ts";
import { pageNames } from "./topics.ts";

/** `restage help`. */
export function programHelp(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { operand, says }]) => [`${name} ${operand ?? ""}`.trim(), says] as const,
  );
  const pages = pageNames().map((name) => (Object.hasOwn(COMMANDS, name) ? `${name}.md` : name));
  return `Usage: restage COMMAND [OPTIONS]

Checkpoints and restores Linux process trees, stage by stage, in CRIU's format.

Commands:
${table(rows)}

\`restage help COMMAND\` lists the options of a command, also of crit and criu.
\`restage help TOPIC\` explains the code of an error, or prints a page${pages.length === 0 ? "" : `:\n${wrap(pages.join(", "))}`}
`;
}

/** `restage help COMMAND`. */
export function commandHelp(name: string, { says, operand, options, help }: Command): string {
  const rows = options.flatMap((option) =>
    option.says === undefined ? [] : [[synopsis(option), option.says] as const],
  );
  const parts = [
    `Usage: restage ${name}${operand === undefined ? "" : ` ${operand}`} [OPTIONS]`,
    `${says.charAt(0).toUpperCase()}${says.slice(1)}.`,
    `Options:\n${table(rows)}`,
  ];
  const ignored = namesOf(options, "ignored");
  if (ignored !== "") parts.push(wrap(`Options of CRIU that are accepted without effect: ${ignored}`));
  const refused = namesOf(options, "refused");
  if (refused !== "") parts.push(wrap(`Options of CRIU that Restage does not support yet, and refuses: ${refused}`));
  if (help !== undefined) parts.push(wrap(help));
  return `${parts.join("\n\n")}\n`;
}
