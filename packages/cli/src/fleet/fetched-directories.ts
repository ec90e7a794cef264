import { rmSync } from "node:fs";

const directories = new Set<string>();

/** Whether a location of images is a name in a store. */
export function isInStore(location: string): boolean {
  return /^(nats|tls):\/\//.test(location);
}

/** Registers a directory with images that were pulled only for this process. It is removed when the process ends. */
export function addFetchedDirectory(directory: string): void {
  if (directories.size === 0) process.once("exit", removeFetchedDirectories);
  directories.add(directory);
}

/** Removes them earlier, because the tree runs. */
export function removeFetchedDirectories(): void {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  directories.clear();
}
