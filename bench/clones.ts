// Measures clones of a template: `npm run bench:clones [-- --count N --case NAME --json FILE]`, as root. A restore of the same images in this process is
// the reference. `Pss` is the share of a clone in the memory that it has in common with others.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { prepare, type RestoredTree, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { benchmark } from "./benchmark.ts";
import { dump, end } from "./checkpoints.ts";
import { printRows, type Row, rowOf } from "./results.ts";

const NAMES = ["tree of 1", "namespaces", "1 GiB"] as const;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "50" },
    case: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

await benchmark(NAMES, values, measure);

async function measure(name: string, directory: string, criu: string): Promise<readonly Row[]> {
  const checkpoint = await dump(name, criu, directory);
  const request = { images: checkpoint.images, detached: true, newPidNamespace: true };
  const trees: RestoredTree[] = [];
  try {
    const alone: { whole: number }[] = [];
    for (let run = 0; run < 5; run++) {
      checkpoint.prepare();
      const kernel = await openKernel();
      const { milliseconds, result } = await timed(() => restore(request, kernel, defaultPlugins()));
      kernel.close();
      alone.push({ whole: milliseconds });
      await endAll([result]);
    }
    checkpoint.prepare();
    const started = performance.now();
    const template = await prepare(request, await openKernel(), defaultPlugins());
    console.log(`\ntemplate of ${name}: ${(performance.now() - started).toFixed(1)} ms`);
    const clones: { whole: number }[] = [];
    for (let number = 0; number < Number(values.count); number++) {
      const { milliseconds, result } = await timed(() => template.restore());
      trees.push(result);
      clones.push({ whole: milliseconds });
    }
    const memory = trees.map(({ pid }) => memoryOf(pid));
    await template.close();
    const rows = [
      rowOf(name, "restore", alone),
      rowOf(
        name,
        "clone",
        clones.map((sample, index) => ({ ...sample, ...memory[index] })),
      ),
    ];
    printRows(rows);
    return rows;
  } finally {
    await endAll(trees);
    checkpoint.cleanUp();
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly milliseconds: number; readonly result: T }> {
  const started = performance.now();
  const result = await work();
  return { milliseconds: performance.now() - started, result };
}

/** MiB that a task has, and its share of them. */
function memoryOf(pid: number): Readonly<Record<string, number>> {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) / 1024;
  return { "Rss in MiB": mebibytes("Rss"), "Pss in MiB": mebibytes("Pss") };
}

/** Ends trees by their init. */
async function endAll(trees: readonly RestoredTree[]): Promise<void> {
  await end({ pids: trees.map(({ child }) => child) });
}
