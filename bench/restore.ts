// Measures restores against CRIU's: `CRIU=PATH npm run bench [-- --runs N --case NAME --json FILE]`, as root.
//
// The restorers take turns on the same images.
import { parseArgs } from "node:util";
import { benchmark, inTurns, withWarmCriu } from "./benchmark.ts";
import { dump, end, NAMES } from "./checkpoints.ts";
import {
  criuCommand,
  type Restorer,
  restageCommand,
  restageExecutable,
  restageInProcess,
  type Sample,
} from "./restorers.ts";
import { medianOf, printRows, type Row, rowOf } from "./results.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "9" },
    case: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

await withWarmCriu(() => benchmark(NAMES, values, measure));

async function measure(name: string, directory: string, criu: string): Promise<readonly Row[]> {
  const checkpoint = await dump(name, criu, directory);
  const restorers = [
    criuCommand(criu, directory),
    restageInProcess(),
    restageExecutable(),
    ...(["node", "deno", "bun"] as const).map(restageCommand),
  ];
  const samples = new Map<Restorer, Sample[]>(restorers.map((restorer) => [restorer, []]));
  try {
    for (const restorer of inTurns(restorers, Number(values.runs))) {
      checkpoint.prepare();
      samples.get(restorer)?.push(await restorer.run(checkpoint));
      await end(checkpoint);
    }
  } finally {
    await end(checkpoint);
    checkpoint.cleanUp();
  }
  const rows = [...samples].map(([restorer, taken]) => resultOf(name, restorer, taken));
  printRows(rows);
  for (const taken of samples.values()) printPerTask(taken, checkpoint.pids.length);
  return rows;
}

/** The medians of one restorer; only CRIU and the library know the time of the stages. */
function resultOf(name: string, { name: tool }: Restorer, taken: readonly Sample[]): Row {
  const hasStages = taken[0]?.stages !== undefined;
  return rowOf(
    name,
    tool,
    taken.map(({ whole, stages }) => (hasStages ? { whole, stages: stages ?? Number.NaN } : { whole })),
  );
}

function printPerTask(taken: readonly Sample[], tasks: number): void {
  const names = [...(taken[0]?.perStage.keys() ?? [])];
  if (names.length === 0 || tasks === 1) return;
  const costs = names.map((name) => {
    const perTask = (medianOf(taken.flatMap(({ perStage }) => perStage.get(name) ?? [])) * 1000) / tasks;
    return `${name} ${perTask.toFixed(0)}`;
  });
  console.log(`  µs per task: ${costs.join(", ")}`);
}
