import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes a directory for the running test, and removes it after the test and its hooks. */
export function temporaryDirectory(name: string): string {
  return makeIn(tmpdir(), `restage-${name}-`);
}

/** The same below the home directory, for configurations: they are refused in /tmp, where everybody can write. */
export function privateDirectory(name: string): string {
  return makeIn(userInfo().homedir, `.restage-${name}-`);
}

function makeIn(parent: string, prefix: string): string {
  const directory = mkdtempSync(join(parent, prefix));
  // A program that is about to end can still write there, as podman does after the end of a container.
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
  return directory;
}
