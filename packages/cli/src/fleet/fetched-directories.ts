import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const directories = new Set<string>();
let removedAtExit = false;

/** Whether a location of images is a name in a store. */
export function isInStore(location: string): boolean {
  return /^(nats|tls):\/\//.test(location);
}

/** Makes a private directory for images that only this process needs. It is removed when the process ends. */
export function makeFetchedDirectory(): string {
  // Loaded only here: most restores need no directory.
  const { tmpdir } = process.getBuiltinModule("node:os");
  const directory = mkdtempSync(join(tmpdir(), "restage-images-"));
  directories.add(directory);
  if (!removedAtExit) process.once("exit", removeFetchedDirectories);
  removedAtExit = true;
  return directory;
}

/** Removes them earlier, because the tree runs. */
export function removeFetchedDirectories(): void {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  directories.clear();
}
