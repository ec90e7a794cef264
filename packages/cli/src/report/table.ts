/** Characters in a line. */
const WIDTH = 80;

/** Two columns; the second one is wrapped. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = " ".repeat(width + 4);
  return rows.map(([left, right]) => wrap(`  ${left.padEnd(width)}  ${right}`, indent)).join("\n");
}

/** Wraps text; lines after the first are indented. */
export function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `${indent}${word}`);
  }
  return lines.join("\n");
}
