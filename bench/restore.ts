// Measures restores against CRIU's: `CRIU=PATH npm run bench [-- --runs N --case NAME --json FILE]`, as root.
//
// The restorers take turns on the same images. CRIU keeps what it knows of the kernel only where /run is a tmpfs: the
// whole run happens in a mount namespace of its own where it is one, so that CRIU is measured warm.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dump, end, NAMES } from "./checkpoints.ts";
import {
  criuCommand,
  type Restorer,
  restageCommand,
  restageExecutable,
  restageInProcess,
  type Sample,
} from "./restorers.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "9" },
    case: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

const criu = process.env["CRIU"];
if (criu === undefined || process.getuid?.() !== 0) {
  console.log("The benchmark needs root and CRIU=PATH of a CRIU 4.2");
} else if (process.env["RESTAGE_BENCH"] === undefined) {
  const script = 'mount -t tmpfs tmpfs /run && "$CRIU" check >/dev/null 2>&1; exec "$@"';
  const self = [process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, RESTAGE_BENCH: "inside" };
  const { status } = spawnSync("unshare", ["-m", "sh", "-c", script, "sh", ...self], { stdio: "inherit", env });
  process.exitCode = status ?? 1;
} else {
  await measure(criu);
}

async function measure(criu: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "restage-bench-"));
  const results: object[] = [];
  try {
    for (const name of values.case ?? NAMES) {
      const checkpoint = await dump(name, criu, directory);
      const reference = criuCommand(criu, directory);
      const restorers = [
        reference,
        restageInProcess(),
        restageExecutable(),
        ...(["node", "deno", "bun"] as const).map(restageCommand),
      ];
      const samples = new Map<Restorer, Sample[]>(restorers.map((restorer) => [restorer, []]));
      try {
        for (let run = 0; run < Number(values.runs); run++) {
          // Another one first each time: whoever comes after finds memory that this machine has from its host already.
          const first = run % restorers.length;
          for (const restorer of [...restorers.slice(first), ...restorers.slice(0, first)]) {
            checkpoint.prepare();
            samples.get(restorer)?.push(await restorer.run(checkpoint));
            await end(checkpoint);
          }
        }
      } finally {
        await end(checkpoint);
        checkpoint.cleanUp();
      }
      results.push(...print(name, checkpoint.pids.length, samples, reference));
    }
    if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, undefined, 2));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A table for one checkpoint: best and median, and ratios against CRIU of the medians. */
function print(
  name: string,
  tasks: number,
  samples: ReadonlyMap<Restorer, readonly Sample[]>,
  reference: Restorer,
): object[] {
  const baseline = samples.get(reference) ?? [];
  const wholeOfCriu = median(baseline.map(({ whole }) => whole));
  const stagesOfCriu = median(baseline.flatMap(({ stages }) => stages ?? []));
  console.log(`\n${name} (load ${loadavg()[0]?.toFixed(1)})`);
  console.log(
    `${"".padEnd(32)}${"best".padStart(9)}${"median".padStart(9)}${"ratio".padStart(8)}${"stages".padStart(10)}${"ratio".padStart(8)}`,
  );
  return [...samples].map(([restorer, taken]) => {
    const wholes = taken.map(({ whole }) => whole);
    const stages = taken.flatMap(({ stages }) => stages ?? []);
    const row = {
      case: name,
      restorer: restorer.name,
      best: Math.min(...wholes),
      median: median(wholes),
      stages: median(stages),
    };
    const ratio = (row.median / wholeOfCriu).toFixed(2);
    const stageColumns =
      stages.length === 0
        ? ""
        : `${row.stages.toFixed(1).padStart(10)}${(row.stages / stagesOfCriu).toFixed(2).padStart(8)}`;
    console.log(
      `${restorer.name.padEnd(32)}${row.best.toFixed(1).padStart(9)}${row.median.toFixed(1).padStart(9)}${ratio.padStart(8)}${stageColumns}`,
    );
    printPerTask(taken, tasks);
    return row;
  });
}

function printPerTask(taken: readonly Sample[], tasks: number): void {
  const names = [...(taken[0]?.perStage.keys() ?? [])];
  if (names.length === 0 || tasks === 1) return;
  const costs = names.map((name) => {
    const perTask = (median(taken.flatMap(({ perStage }) => perStage.get(name) ?? [])) * 1000) / tasks;
    return `${name} ${perTask.toFixed(0)}`;
  });
  console.log(`  µs per task: ${costs.join(", ")}`);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
