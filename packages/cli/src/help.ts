import { COMMANDS, type Command } from "./commands.ts";
import type { Option } from "./options/option.ts";
import { table, wrap } from "./report/table.ts";

/** `restage help`. */
export function programHelp(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { operand, says }]) => [`${name} ${operand ?? ""}`.trim(), says] as const,
  );
  return `Usage: restage COMMAND [OPTIONS]

Checkpoints and restores Linux process trees, stage by stage, in CRIU's format.

Commands:
${table(rows)}

\`restage help COMMAND\` lists the options of a command.
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

function namesOf(options: readonly Option[], fate: Option["fate"]): string {
  return options.flatMap((option) => (option.fate === fate ? [`--${option.name}`] : [])).join(", ");
}

function synopsis({ name, letter, value, optional }: Option): string {
  const names = letter === undefined ? `    --${name}` : `-${letter}, --${name}`;
  if (value === undefined) return names;
  return optional ? `${names} [${value}]` : `${names} ${value}`;
}
