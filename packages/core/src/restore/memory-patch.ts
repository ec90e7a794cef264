import type { Task } from "./task.ts";

/**
 * The memory of a task as the images have it, for taps that change it before the task resumes (environment, secrets).
 */
export interface MemoryPatch {
  readonly task: Task;
  /**
   * The addresses of a text, or of bytes, in the private memory of the task. What the task never wrote to, such as the code of its program, is not in the
   * images and is not searched.
   */
  find(text: string | Uint8Array): readonly bigint[];
  /** The bytes at an address; undefined where the image has no content for all of them, as for many whole mappings. */
  read(address: bigint, length: number): Uint8Array | undefined;
  /** Writes a text, or bytes, at an address, whatever the protection of the mappings. Throws a RangeError if the task has no private memory there. */
  write(address: bigint, content: string | Uint8Array): void;
}
