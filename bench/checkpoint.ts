// Measures checkpoints against CRIU's: `CRIU=PATH npm run bench:checkpoint [-- --runs N --case NAME --json FILE]`, as root.
//
// All take turns on the same tree, which keeps running. It reports the whole time, and how long the tree is frozen; with `--phases` also the time of
// each phase of the library.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type DumpEvent, dump } from "@restage/core";
import { decodeEntries } from "@restage/images";
import { openKernel } from "@restage/linux";
import { defaultDumpPlugins } from "@restage/plugins/dump";
import { benchmark, criu, inTurns } from "./benchmark.ts";
import { end } from "./checkpoints.ts";
import { commandOn, EXECUTABLE } from "./restorers.ts";
import { printRows, type Row, rowOf } from "./results.ts";

const CASES: Readonly<Record<string, readonly [program: string, size: number]>> = {
  "one task": ["tree", 1],
  "64 tasks": ["tree", 64],
  "1 GiB": ["memory", 1024],
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

/** Milliseconds: `whole`, and `frozen`, how long the tree was stopped. */
type Sample = Readonly<Record<string, number>>;

type Checkpointer = (images: string) => Sample | Promise<Sample>;

const checkpointers = (): Readonly<Record<string, Checkpointer>> => ({
  "criu dump": (images) => {
    const words = ["dump", "-t", String(PID), "-D", images, "-R", "--manage-cgroups=ignore", "-o", "dump.log"];
    const { whole } = timed([criu ?? "criu", ...words]);
    const [entry] = decodeEntries("stats", readFileSync(join(images, "stats-dump")), "stats-dump");
    return { whole, frozen: Number(entry?.value.dump?.frozen_time ?? 0) / 1000 };
  },
  library: async (images) => {
    const phases: Record<string, number> = {};
    const onEvent = (event: DumpEvent) => {
      if (values.phases && event.kind === "phase-left") phases[event.phase] = event.milliseconds;
    };
    const started = performance.now();
    const kernel = await openKernel();
    try {
      const { frozen } = await dump({ pid: PID, images, leaveRunning: true, onEvent }, kernel, defaultDumpPlugins());
      return { whole: performance.now() - started, frozen, ...phases };
    } finally {
      kernel.close();
    }
  },
  Node: command(commandOn("node")),
  Deno: command(commandOn("deno")),
  Bun: command(commandOn("bun")),
  ...(existsSync(EXECUTABLE) ? { executable: command([EXECUTABLE]) } : {}),
});

function command(words: readonly string[]): Checkpointer {
  return (images) => {
    const { whole, output } = timed([...words, "checkpoint", String(PID), "-D", images, "-R", "--json"]);
    return { whole, frozen: (JSON.parse(output) as { readonly frozen: number }).frozen };
  };
}

await benchmark(Object.keys(CASES), values, measure);

async function measure(name: string, directory: string): Promise<readonly Row[]> {
  const [program = "tree", size = 1] = CASES[name] ?? [];
  const path = join(directory, program);
  const source = fileURLToPath(new URL(`./programs/${program}.c`, import.meta.url));
  execFileSync("gcc", ["-O2", "-o", path, source]);
  execFileSync(path, [String(size), String(PID)], { timeout: 60_000 });
  const chosen = Object.entries(checkpointers()).filter(([tool]) => values.tool?.includes(tool) ?? true);
  const samples = new Map<string, Sample[]>(chosen.map(([tool]) => [tool, []]));
  try {
    for (const [tool, take] of inTurns(chosen, Number(values.runs))) {
      const images = join(directory, "images");
      mkdirSync(images);
      samples.get(tool)?.push(await take(images));
      rmSync(images, { recursive: true });
    }
  } finally {
    const tasks = program === "tree" ? size : 1;
    await end({ pids: Array.from({ length: tasks }, (_, index) => PID + index) });
  }
  const rows = [...samples].map(([tool, taken]) => rowOf(name, tool, taken));
  printRows(rows);
  return rows;
}

function timed([program = "", ...words]: readonly string[]): { whole: number; output: string } {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", timeout: 120_000 });
  const whole = performance.now() - started;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return { whole, output: stdout };
}
