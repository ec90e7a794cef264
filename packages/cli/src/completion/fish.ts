import type { Commands } from "../command.ts";
import { commandGroups, commandNames, completes, SHELLS } from "./grammar.ts";

/** The script that completes command lines in fish. */
export function fishCompletion(commands: Commands): string {
  const names = commandNames(commands);
  const lines = names.map(
    ([name, says]) => `complete -c restage -n __fish_use_subcommand -a ${name} -d ${quoted(says)}`,
  );
  for (const { names, operand, options } of commandGroups(commands)) {
    const start = `complete -c restage -n ${quoted(`__fish_seen_subcommand_from ${names.join(" ")}`)}`;
    for (const { name, letter, value, optional, says = "" } of options) {
      const words = `${letter === undefined ? "" : ` -s ${letter}`} -l ${name}`;
      const argument = value === undefined || optional ? "" : ` ${offered(value)}`;
      lines.push(`${start}${words}${argument} -d ${quoted(says)}`);
    }
    const operands = completes(operand);
    if (operands === "files") lines.push(`${start} -F`);
    if (operands === "directories") lines.push(`${start} -a '(__fish_complete_directories)'`);
    if (operands === "shells") lines.push(`${start} -a ${quoted(SHELLS.join(" "))}`);
  }
  lines.push(
    `complete -c restage -n '__fish_seen_subcommand_from help' -a ${quoted(names.map(([name]) => name).join(" "))}`,
  );
  return `# fish completion of restage. Use it: restage completion fish | source
complete -c restage -e
complete -c restage -f
${lines.join("\n")}
`;
}

function offered(value: string): string {
  const kind = completes(value);
  if (kind === "directories") return "-x -a '(__fish_complete_directories)'";
  return kind === "files" ? "-r -F" : "-x";
}

/** fish has escapes in single quotes. */
function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
