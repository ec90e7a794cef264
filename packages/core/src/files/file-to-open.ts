import type { FileEntry } from "@restage/images";
import type { Checkpoint } from "../images/checkpoint.ts";
import type { Task } from "../tree/task.ts";

/** What an opener is asked to open. */
export interface FileToOpen {
  /** The task that opens it; calls are recorded there. */
  readonly task: Task;
  readonly entry: FileEntry;
  readonly checkpoint: Checkpoint;
}
