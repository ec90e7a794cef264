// Measures how restores and checkpoints grow with the size of a tree, beside CRIU's: `CRIU=PATH npm run bench:growth [-- --runs N --case NAME
// --json FILE]`, as root. The largest size of each case is near what the kernel allows, or takes CRIU minutes.
import { mkdirSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchmark, inTurns, withWarmCriu } from "./benchmark.ts";
import { checkpointers } from "./checkpointers.ts";
import { dump, end, FIRST_PID, start } from "./checkpoints.ts";
import { growthTableOf } from "./growth-table.ts";
import { criuCommand, restageInProcess } from "./restorers.ts";
import { medianOf, type Row, rowOf } from "./results.ts";

/** The sizes of each case, and the name of the checkpoint of a size. */
const CASES: Readonly<Record<string, readonly [sizes: readonly number[], checkpoint: (size: number) => string]>> = {
  tasks: [[1, 64, 1000], (size) => `tree of ${size}`],
  mappings: [[100, 8000, 60_000], (size) => `${size} mappings`],
  descriptors: [[10, 4000, 19_000], (size) => `${size} descriptors`],
  sockets: [[10, 1000, 10_000], (size) => `${size} sockets`],
  MiB: [[1, 512, 4096], (size) => `${size} MiB`],
};
const TOOLS = ["criu", "library"] as const;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    case: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

await withWarmCriu(() => benchmark(Object.keys(CASES), values, measure));

async function measure(name: string, directory: string, criu: string): Promise<readonly Row[]> {
  const [sizes, checkpoint] = CASES[name] ?? [];
  if (sizes === undefined || checkpoint === undefined) throw new Error(`There is no case ${name}`);
  const rows: Row[] = [];
  for (const size of sizes) {
    const saved = await timesOfCheckpoints(checkpoint(size), directory);
    const restored = await timesOfRestores(checkpoint(size), directory, criu);
    for (const tool of TOOLS)
      rows.push(
        rowOf(
          `${size} ${name}`,
          tool,
          [{ checkpoint: medianOf(saved[tool]), restore: medianOf(restored[tool]) }],
          Number(values.runs),
        ),
      );
  }
  console.log(`\n${growthTableOf(rows)}`);
  return rows;
}

type Times = Readonly<Record<(typeof TOOLS)[number], number[]>>;

/** The tools take turns to save the same tree, which keeps running. */
async function timesOfCheckpoints(checkpoint: string, directory: string): Promise<Times> {
  const times: Times = { criu: [], library: [] };
  const { "criu dump": criu, library } = checkpointers(FIRST_PID);
  const take = { criu, library };
  const pids = start(checkpoint, directory);
  try {
    for (const tool of inTurns(TOOLS, Number(values.runs))) {
      const images = `${directory}/saved`;
      mkdirSync(images);
      times[tool].push((await take[tool](images))["whole"] ?? Number.NaN);
      rmSync(images, { recursive: true });
    }
  } finally {
    await end({ pids });
  }
  return times;
}

/** The tools take turns to restore the same images. */
async function timesOfRestores(name: string, directory: string, criu: string): Promise<Times> {
  const times: Times = { criu: [], library: [] };
  const checkpoint = await dump(name, criu, directory);
  const restorers = { criu: criuCommand(criu, directory), library: restageInProcess() };
  for (const tool of inTurns(TOOLS, Number(values.runs))) {
    times[tool].push((await restorers[tool].run(checkpoint)).whole);
    await end(checkpoint);
  }
  rmSync(checkpoint.images, { recursive: true });
  return times;
}
