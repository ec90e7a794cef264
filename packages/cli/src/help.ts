import { COMMANDS, type Command } from "./commands.ts";
import { MISSING_NAMES, NAMES_WITHOUT_EFFECT } from "./options/criu-options.ts";
import type { Option } from "./options/option.ts";
import { RESTORE_OPTIONS } from "./options/restore-options.ts";

const WIDTH = 80;

/** `restage --help`. */
export function programHelp(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { operand, says }]) => [`${name} ${operand ?? ""}`.trim(), says] as const,
  );
  return `Usage: restage COMMAND [OPTIONS]

Checkpoints and restores Linux process trees, stage by stage, in CRIU's format.

Commands:
${table(rows)}

\`restage COMMAND --help\` lists the options of a command.
`;
}

/** `restage COMMAND --help`. */
export function commandHelp(name: string, { says, operand, options, help }: Command): string {
  const rows = options.flatMap((option) =>
    option.says === undefined ? [] : [[synopsis(option), option.says] as const],
  );
  const parts = [
    `Usage: restage ${name}${operand === undefined ? "" : ` ${operand}`} [OPTIONS]`,
    `${says.charAt(0).toUpperCase()}${says.slice(1)}.`,
    `Options:\n${table(rows)}`,
  ];
  if (options === RESTORE_OPTIONS) {
    parts.push(wrap(`Accepted without effect, because they matter only at a dump: ${NAMES_WITHOUT_EFFECT.join(", ")}`));
    parts.push(
      wrap(`Options of criu restore that Restage does not support yet, and refuses: ${MISSING_NAMES.join(", ")}`),
    );
  }
  if (help !== undefined) parts.push(wrap(help));
  return `${parts.join("\n\n")}\n`;
}

function synopsis({ name, letter, value, optional }: Option): string {
  const names = letter === undefined ? `    --${name}` : `-${letter}, --${name}`;
  if (value === undefined) return names;
  return optional ? `${names} [${value}]` : `${names} ${value}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = " ".repeat(width + 4);
  return rows.map(([left, right]) => wrap(`  ${left.padEnd(width)}  ${right}`, indent)).join("\n");
}

/** Wraps text; lines after the first are indented. */
function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `${indent}${word}`);
  }
  return lines.join("\n");
}
