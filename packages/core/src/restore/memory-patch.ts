import type { Task } from "./task.ts";

/**
 * The memory of a task as the images have it, for taps that change it before the task resumes (environment, secrets).
 */
export interface MemoryPatch {
  readonly task: Task;
  /** The bytes at an address; undefined where the image has no content for all of them. */
  read(address: bigint, length: number): Uint8Array | undefined;
  /** Writes bytes at an address, whatever the protection of the mapping. Throws a RangeError if the task has no private memory there. */
  write(address: bigint, bytes: Uint8Array): void;
}
