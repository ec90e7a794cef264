import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes a directory for the running test, and removes it after the test and its hooks. */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `restage-${name}-`));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
