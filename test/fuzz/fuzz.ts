import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { FIXTURES } from "../support/fixture-executable.ts";
import { ROOT } from "../support/restage.ts";
import type { Case, Cases, Outcome } from "./case.ts";

/** How long one case can take on a busy machine before it counts as a hang. */
const HANG = 120_000;

/** What cases have shown. */
export interface Tally {
  restored: number;
  refused: number;
  /** A text for each case that is not as it should be. */
  readonly problems: string[];
}

/**
 * Restores checkpoints with one odd field each, in namespaces of their own. A coordinator that crashes or hangs is a problem of its case; the next one goes on
 * after it.
 */
export async function fuzz(cases: Cases, onProblem: (text: string) => void = () => {}): Promise<Tally> {
  const { seed, count, seconds } = cases;
  const tally: Tally = { restored: 0, refused: 0, problems: [] };
  const report = ({ seed, what }: Case, problems: readonly string[], error = "") => {
    const text = `seed ${seed}: ${what}\n${[...problems, error].join("\n")}`;
    tally.problems.push(text);
    onProblem(text);
  };
  const end = performance.now() + 1000 * seconds;
  const left = () => (end - performance.now()) / 1000;
  let next = seed;
  while (next < seed + count && left() > 0) {
    let open: Case | undefined;
    const rest = { ...cases, seed: next, count: seed + count - next, seconds: left() };
    const why = await work(rest, (line) => {
      next = line.seed + 1;
      open = "result" in line ? undefined : line;
      if (!("result" in line)) return;
      tally[line.result]++;
      if (line.problems.length > 0) report(line, line.problems, line.error);
    });
    if (open !== undefined) report(open, [why]);
    else if (why !== "") throw new Error(`Cannot fuzz: ${why}`);
    else break;
  }
  return tally;
}

/** Runs a worker to its end. Returns what it failed with, or an empty text. */
function work(cases: Cases, onLine: (line: Case | (Case & Outcome)) => void): Promise<string> {
  // Bun starts fastest: jiti could not keep what it compiles, as the worker's file systems are read-only.
  const words = [join(ROOT, "node_modules/.bin/bun"), join(import.meta.dirname, "worker.ts"), JSON.stringify(cases)];
  const worker = spawn(join(import.meta.dirname, "in-namespaces.sh"), words, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, KEEP: `${ROOT} ${FIXTURES}` },
  });
  let said = "";
  worker.stderr.on("data", (text) => {
    said = `${said}${text}`.slice(-4000);
  });
  let hangs = false;
  const stop = () => {
    hangs = true;
    worker.kill("SIGKILL");
  };
  let timer = setTimeout(stop, HANG);
  createInterface(worker.stdout).on("line", (line) => {
    clearTimeout(timer);
    timer = setTimeout(stop, HANG);
    onLine(JSON.parse(line) as Case | (Case & Outcome));
  });
  return new Promise((resolve) => {
    worker.on("close", (code, signal) => {
      clearTimeout(timer);
      if (hangs) resolve(`nothing happened for ${HANG / 1000} s ${said}`);
      else resolve(code === 0 ? "" : `the coordinator ended with ${signal ?? code} ${said}`);
    });
  });
}
