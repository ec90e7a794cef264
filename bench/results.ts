import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";

/** The medians of one tool in one case. */
export interface Row {
  readonly case: string;
  readonly tool: string;
  /** Milliseconds, unless the name says otherwise. */
  readonly median: Readonly<Record<string, number>>;
  readonly runs: number;
  /** The load average when the case ended. */
  readonly load: number;
}

export type Benchmark =
  | "restore"
  | "checkpoint"
  | "containers"
  | "clones"
  | "lazy"
  | "growth"
  | "store"
  | "orders"
  | "migrate";

/** The results in the repository, from which `npm run bench:docs` writes docs/measurements.md. */
export function resultsFile(benchmark: Benchmark): string {
  return fileURLToPath(new URL(`./results/${benchmark}.json`, import.meta.url));
}

export function readRows(file: string): readonly Row[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as readonly Row[]) : [];
}

/** Writes rows to a file. Cases that were not measured again keep theirs. */
export function keepRows(file: string, rows: readonly Row[]): void {
  const measured = new Set(rows.map((row) => row.case));
  const others = readRows(file).filter((row) => !measured.has(row.case));
  writeFileSync(file, `${JSON.stringify([...others, ...rows], undefined, 2)}\n`);
}

/** The medians of samples of one tool. */
export function rowOf(
  name: string,
  tool: string,
  samples: readonly Readonly<Record<string, number>>[],
  runs = samples.length,
): Row {
  const fields = Object.keys(samples[0] ?? {});
  const median = Object.fromEntries(
    fields.map((field) => [field, rounded(medianOf(samples.map((sample) => sample[field] ?? Number.NaN)))]),
  );
  return { case: name, tool, median, runs, load: rounded(loadavg()[0] ?? 0) };
}

export function medianOf(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Prints the rows of one case, with ratios to the first. */
export function printRows(rows: readonly Row[]): void {
  const [reference] = rows;
  if (reference === undefined) return;
  const fields = [...new Set(rows.flatMap(({ median }) => Object.keys(median)))];
  console.log(`\n${reference.case} (load ${reference.load}, ${reference.runs} runs)`);
  console.log("".padEnd(32) + fields.map((field) => field.padStart(12) + "ratio".padStart(7)).join(""));
  for (const { tool, median } of rows) {
    const columns = fields.map((field) => {
      const [own, theirs] = [median[field], reference.median[field]];
      if (own === undefined) return "".padStart(19);
      return own.toFixed(1).padStart(12) + (theirs === undefined ? "" : (own / theirs).toFixed(2)).padStart(7);
    });
    console.log(tool.padEnd(32) + columns.join(""));
  }
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}
