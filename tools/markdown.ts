const GENERATED = "<!-- Made by `npm run docs` from the sources. Do not edit. -->";

/** Characters in a line. Pages are read on terminals too. */
export const WIDTH = 80;

/** A page with its heading. */
export function page(title: string, ...sections: readonly string[]): string {
  return `${[`# ${title}`, GENERATED, ...sections].join("\n\n")}\n`;
}

/** Formats printed text, and breaks long lines. */
export function fenced(text: string): string {
  const lines = text.split("\n").map((line) => wrap(line, `${/^ */.exec(line)?.[0]}    `));
  return `\`\`\`text\n${lines.join("\n")}\n\`\`\``;
}

/** A table. The first row is its heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const [heading = [], ...others] = rows;
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const rule = widths.map((width) => "-".repeat(width));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [heading, rule, ...others].map(line).join("\n");
}

/** A text as a sentence. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** An item of a list. */
export function item(text: string): string {
  return wrap(`- ${text}`, "  ");
}

/** Breaks text into lines, and indents all but the first. */
export function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `${indent}${word}`);
  }
  return lines.join("\n");
}
