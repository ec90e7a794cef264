// Writes the tables of docs/measurements.md from bench/results: `npm run bench:docs`.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { growthTableOf } from "./growth-table.ts";
import { type Benchmark, readRows, resultsFile } from "./results.ts";
import { tableOf } from "./table.ts";

const page = fileURLToPath(new URL("../docs/measurements.md", import.meta.url));
const text = readFileSync(page, "utf8");
const written = text.replace(
  /(<!-- table of (\w+) -->\n).*?(<!-- end -->)/gs,
  (_, start: string, benchmark: string, end: string) => `${start}\n${tableFor(benchmark as Benchmark)}\n${end}`,
);
writeFileSync(page, written);

function tableFor(benchmark: Benchmark): string {
  const rows = readRows(resultsFile(benchmark));
  return benchmark === "growth" ? growthTableOf(rows) : tableOf(rows);
}
