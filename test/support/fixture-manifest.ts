import { readFileSync } from "node:fs";
import { FIXTURES } from "./fixture-executable.ts";

/** What fixtures.json says of a fixture, in part. */
export interface Manifest {
  readonly name: string;
  readonly pids: readonly number[];
  /** Pids and thread IDs. */
  readonly tids: readonly number[];
  /** What the program needs to be set up: `root`, `pidns` and others. */
  readonly setup: readonly string[];
}

/** Reads the manifest of a fixture. */
export function manifestOf(name: string): Manifest {
  const manifest = JSON.parse(readFileSync(`${FIXTURES}fixtures.json`, "utf8")) as readonly Manifest[];
  const found = manifest.find((fixture) => fixture.name === name);
  if (found === undefined) throw new Error(`There is no fixture ${name}`);
  return found;
}
