// Measures checkpoints against CRIU's: `CRIU=PATH npm run bench:checkpoint [-- --runs N --case NAME]`, as root.
//
// Both take turns on the same tree, which keeps running. It reports the total time, and how long the tree is frozen.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dump } from "@restage/core";
import { decodeEntries } from "@restage/images";
import { openKernel } from "@restage/linux";
import { defaultDumpPlugins } from "@restage/plugins/dump";
import { end } from "./checkpoints.ts";

const CASES: Readonly<Record<string, readonly [program: string, size: number]>> = {
  "one task": ["tree", 1],
  "64 tasks": ["tree", 64],
  "1 GiB": ["memory", 1024],
};
/** A high pid, which is rarely in use. */
const PID = 28000;

const { values } = parseArgs({
  options: { runs: { type: "string", default: "9" }, case: { type: "string", multiple: true } },
});

/** Milliseconds. */
interface Sample {
  readonly whole: number;
  /** How long the tree was frozen. */
  readonly frozen: number;
}

type Checkpointer = (images: string) => Sample | Promise<Sample>;

const criu = process.env["CRIU"];
const command = fileURLToPath(new URL("../packages/cli/dist/restage.js", import.meta.url));
const checkpointers: Readonly<Record<string, Checkpointer>> = {
  "criu dump": (images) => {
    const words = ["dump", "-t", String(PID), "-D", images, "-R", "--manage-cgroups=ignore", "-o", "dump.log"];
    const { whole } = timed(criu ?? "criu", words);
    const [entry] = decodeEntries("stats", readFileSync(join(images, "stats-dump")), "stats-dump");
    return { whole, frozen: Number(entry?.value.dump?.frozen_time ?? 0) / 1000 };
  },
  "restage checkpoint (in process)": async (images) => {
    const started = performance.now();
    const kernel = await openKernel();
    try {
      const { frozen } = await dump({ pid: PID, images, leaveRunning: true }, kernel, defaultDumpPlugins());
      return { whole: performance.now() - started, frozen };
    } finally {
      kernel.close();
    }
  },
  "restage checkpoint (node)": (images) => {
    const words = [command, "checkpoint", String(PID), "-D", images, "-R", "--json"];
    const { whole, output } = timed(process.execPath, words);
    return { whole, frozen: (JSON.parse(output) as { readonly frozen: number }).frozen };
  },
};

if (criu === undefined || process.getuid?.() !== 0) {
  console.log("The benchmark needs root and CRIU=PATH of a CRIU 4.2");
} else {
  const directory = mkdtempSync(join(tmpdir(), "restage-bench-"));
  try {
    for (const name of values.case ?? Object.keys(CASES)) await measure(name, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(name: string, directory: string): Promise<void> {
  const [program = "tree", size = 1] = CASES[name] ?? [];
  const built = join(directory, program);
  const source = fileURLToPath(new URL(`./programs/${program}.c`, import.meta.url));
  execFileSync("gcc", ["-O2", "-o", built, source]);
  execFileSync(built, [String(size), String(PID)], { timeout: 60_000 });
  const samples = new Map<string, Sample[]>();
  try {
    for (let run = 0; run < Number(values.runs); run++) {
      for (const [checkpointer, take] of Object.entries(checkpointers)) {
        const images = join(directory, "images");
        mkdirSync(images);
        const taken = samples.get(checkpointer) ?? [];
        samples.set(checkpointer, taken);
        taken.push(await take(images));
        rmSync(images, { recursive: true });
      }
    }
  } finally {
    const tasks = program === "tree" ? size : 1;
    await end({ pids: Array.from({ length: tasks }, (_, index) => PID + index) });
  }
  print(name, samples);
}

function timed(program: string, words: readonly string[]): { whole: number; output: string } {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", timeout: 120_000 });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return { whole: performance.now() - started, output: stdout };
}

/** Medians, and their ratios to CRIU's. */
function print(name: string, samples: ReadonlyMap<string, readonly Sample[]>): void {
  const [reference = []] = samples.values();
  console.log(`\n${name} (load ${loadavg()[0]?.toFixed(1)})`);
  console.log(`${"".padEnd(34)}${["whole", "ratio", "frozen", "ratio"].map((title) => title.padStart(9)).join("")}`);
  for (const [checkpointer, taken] of samples) {
    const columns = (["whole", "frozen"] as const).flatMap((field) => {
      const own = median(taken.map((sample) => sample[field]));
      return [own.toFixed(1), (own / median(reference.map((sample) => sample[field]))).toFixed(2)];
    });
    console.log(`${checkpointer.padEnd(34)}${columns.map((column) => column.padStart(9)).join("")}`);
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
