import { openImageDirectory, readSingleEntry } from "@restage/images";
import { taskName } from "@restage/linux/abi";

/** Names a task for a message: `task 7 (redis-server)`. */
export type NameOf = (pid: number) => string;

/** Names the tasks of a checkpoint. A page server can have images without those of the tasks, which then have only their pids. */
export function namesIn(directory: string): NameOf {
  return (pid) => {
    const core = attempt(() => readSingleEntry(openImageDirectory(directory), "core", pid));
    return taskName(pid, core?.value.tc?.comm);
  };
}

/** A damaged image must not take the place of the failure that is reported. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
