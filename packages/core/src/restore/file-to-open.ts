import type { FileEntry } from "@restage/images";
import type { Value } from "../program/deferred.ts";
import type { ImageSet } from "./image-set.ts";
import type { Task } from "./task.ts";

/** A file that an `openFile` tap opens. */
export interface FileToOpen {
  /** The task that opens it; record calls there. */
  readonly task: Task;
  readonly entry: FileEntry;
  readonly images: ImageSet;
}

/** The files that a task opens: all open, none with its final number yet. */
export interface OpenedFiles {
  /** The task that opened them; record calls there. */
  readonly task: Task;
  /** Their descriptors, by file id. */
  readonly descriptors: ReadonlyMap<number, Value>;
  readonly images: ImageSet;
}
