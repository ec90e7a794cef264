import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepRows, type Row } from "./results.ts";

/** The path of the CRIU to compare with; undefined when nothing can be measured. */
export const criu = process.getuid?.() === 0 ? process.env["CRIU"] : undefined;

export interface Choice {
  /** Cases; all by default. */
  readonly case?: readonly string[] | undefined;
  /** The file that keeps the results. */
  readonly json?: string | undefined;
}

/**
 * Measures cases one after the other, and keeps their results.
 *
 * @param measure gets a case, a directory that is removed in the end, and CRIU.
 */
export async function benchmark(
  names: readonly string[],
  choice: Choice,
  measure: (name: string, directory: string, criu: string) => Promise<readonly Row[]>,
): Promise<void> {
  if (criu === undefined) {
    console.log("The benchmark needs root and CRIU=PATH of a CRIU 4.2");
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "restage-bench-"));
  try {
    for (const name of choice.case ?? names) {
      const rows = await measure(name, directory, criu);
      if (choice.json !== undefined) keepRows(choice.json, rows);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** All items in each round, another one first each time: the first has to get memory from the host, and those after it find it there. */
export function* inTurns<T>(items: readonly T[], rounds: number): Generator<T> {
  for (let round = 0; round < rounds; round++) {
    const first = round % items.length;
    yield* items.slice(first);
    yield* items.slice(0, first);
  }
}

/**
 * Runs a benchmark where CRIU is warm. CRIU keeps what it knows of the kernel only where /run is a tmpfs, so the whole script runs again in a mount
 * namespace of its own where it is one.
 */
export async function withWarmCriu(run: () => Promise<void>): Promise<void> {
  if (criu === undefined || process.env["RESTAGE_BENCH"] !== undefined) return run();
  const script = 'mount -t tmpfs tmpfs /run && "$CRIU" check >/dev/null 2>&1; exec "$@"';
  const self = [process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, RESTAGE_BENCH: "inside" };
  const { status } = spawnSync("unshare", ["-m", "sh", "-c", script, "sh", ...self], { stdio: "inherit", env });
  process.exitCode = status ?? 1;
}
