import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

/** Tells whether a command is installed. */
export function isInstalled(command: string): boolean {
  return spawnSync(command, ["--version"], { timeout: 10_000 }).status === 0;
}

/** The name of a suite. When something is missing, the name says that the suite is skipped, and why. */
export function needing(there: boolean, name: string, what: string): string {
  return there ? name : `${name} (SKIPPED: needs ${what})`;
}

const made: string[] = [];
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A new directory, removed after the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "restage-linux-"));
  made.push(path);
  return path;
}
