// Measures checkpoints against CRIU's: `CRIU=PATH npm run bench:checkpoint [-- --runs N --case NAME --json FILE]`, as root.
//
// All take turns on the same tree, which keeps running. It reports the whole time, and how long the tree is frozen; with `--phases` also the time of
// each phase of the library.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { benchmark, inTurns } from "./benchmark.ts";
import { type Checkpointer, checkpointers, type DumpSample } from "./checkpointers.ts";
import { end } from "./checkpoints.ts";
import { printRows, type Row, rowOf } from "./results.ts";

/** The third checkpoint of a series in which each leaves out what the one before has. CRIU cannot do this on kernels without soft-dirty pages. */
const THIRD_STEP = "1 GiB, third incremental step";

const CASES: Readonly<Record<string, readonly [program: string, size: number]>> = {
  "one task": ["tree", 1],
  "64 tasks": ["tree", 64],
  "1000 tasks": ["tree", 1000],
  "1 GiB": ["memory", 1024],
  "1 GiB, written to": ["writer", 1024],
  [THIRD_STEP]: ["writer", 1024],
};
/** A high pid, which is rarely in use. */
const PID = 28000;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "9" },
    case: { type: "string", multiple: true },
    tool: { type: "string", multiple: true },
    json: { type: "string" },
    phases: { type: "boolean", default: false },
  },
});

await benchmark(Object.keys(CASES), values, measure);

async function measure(name: string, directory: string): Promise<readonly Row[]> {
  const [program = "tree", size = 1] = CASES[name] ?? [];
  const path = join(directory, program);
  const source = fileURLToPath(new URL(`./programs/${program}.c`, import.meta.url));
  execFileSync("gcc", ["-O2", "-o", path, source]);
  execFileSync(path, [String(size), String(PID)], { timeout: 60_000 });
  const chosen = Object.entries(checkpointers(PID, values.phases)).filter(
    ([tool]) => values.tool?.includes(tool) ?? true,
  );
  const samples = new Map<string, DumpSample[]>(chosen.map(([tool]) => [tool, []]));
  try {
    for (const [tool, take] of inTurns(chosen, Number(values.runs))) {
      const series = join(directory, "series");
      mkdirSync(series);
      samples.get(tool)?.push(await last(take, series, name === THIRD_STEP ? 3 : 1));
      rmSync(series, { recursive: true });
    }
  } finally {
    const tasks = program === "tree" ? size : 1;
    await end({ pids: Array.from({ length: tasks }, (_, index) => PID + index) });
  }
  const rows = [...samples].map(([tool, taken]) => rowOf(name, tool, taken));
  printRows(rows);
  return rows;
}

/** The last of a number of checkpoints, each of which has the one before as its parent. */
async function last(take: Checkpointer, directory: string, count: number): Promise<DumpSample> {
  for (let step = 1; ; step++) {
    const images = join(directory, String(step));
    mkdirSync(images);
    const sample = await take(images, step > 1 ? `../${step - 1}` : undefined);
    if (step === count) return sample;
  }
}
