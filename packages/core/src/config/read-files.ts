const files = new Set<string>();

/** Notes a file that decides what the command does, even if it does not exist yet: a configuration, a module that it imports, a checkpoint. */
export function noteFile(file: string): void {
  files.add(file);
}

/** The files that have been noted until now. */
export function readFiles(): readonly string[] {
  return [...files];
}
