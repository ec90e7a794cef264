import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * What was restored: a fixture by Restage, the same fixture by CRIU, a program that was checkpointed on the same kernel, or a program that was checkpointed
 * there and restored on the kernel outside.
 */
export type Kind = "fixture" | "criu" | "program" | "arrival";

/** The result of one restore. */
export interface Result {
  readonly kind: Kind;
  readonly name: string;
  /** Why it failed; undefined when it passed. */
  readonly problem?: string;
}

/** The results of one kernel. */
export interface KernelResults {
  /** As `uname -r` prints it. */
  readonly version: string;
  readonly results: readonly Result[];
}

/** The results in the repository, from which `npm run docs` writes docs/kernels.md. */
const RESULTS = fileURLToPath(new URL("results", import.meta.url));

/** Reads a line that `inside.sh` or `arrivals.sh` has printed; undefined for other lines. */
export function readResult(line: string): Result | undefined {
  const [, kind, name = "", problem] = /^(fixture|criu|program|arrival) (\S+) (?:pass|fail: (.*))$/.exec(line) ?? [];
  if (kind === undefined) return undefined;
  return { kind: kind as Kind, name, ...(problem === undefined ? {} : { problem: problem.trim() }) };
}

/** The results of all kernels, the oldest first. */
export function readAllResults(): readonly KernelResults[] {
  const versions = readdirSync(RESULTS).map((file) => file.replace(/\.json$/, ""));
  const ordered = versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return ordered.map((version) => ({ version, results: readResults(version) }));
}

function readResults(version: string): readonly Result[] {
  const file = join(RESULTS, `${version}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as readonly Result[]) : [];
}

/** Records a result at once, in place of an earlier one: a run that is stopped loses nothing. */
export function record(version: string, result: Result): void {
  const results = [...readResults(version)];
  const at = results.findIndex(({ kind, name }) => kind === result.kind && name === result.name);
  if (at < 0) results.push(result);
  else results[at] = result;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${version}.json`), `${JSON.stringify(results, undefined, 2)}\n`);
}
