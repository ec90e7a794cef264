import type { Inode } from "@restage/linux";
import type { FileDescription } from "./draft.ts";
import type { SeizedTask } from "./seized-task.ts";

/** A descriptor of a task that refers to an open file. */
export interface Holder {
  readonly task: SeizedTask;
  readonly descriptor: number;
  readonly cloexec: boolean;
  /** Locks that its process has on the file, and the open file itself; lines as those of /proc/locks. */
  readonly locks: readonly string[];
}

/** What tells one file from another, as stat(2) shows it. */
export type FileIdentity = Pick<Inode, "mode" | "dev" | "ino" | "rdev" | "size" | "nlink">;

/** An open file of the tree: an open file description, or a file that a task uses without a descriptor (its executable, a mapping). */
export interface OpenFile {
  /** Its number in files.img. */
  readonly id: number;
  /** Where it is in /proc: a magic link. */
  readonly proc: string;
  /** Where the link leads: a path, `pipe:[123]`, `anon_inode:[eventpoll]`. */
  readonly link: string;
  readonly stat: FileIdentity;
  /** Flags of open(2), without O_CLOEXEC. */
  readonly flags: number;
  readonly position: bigint;
  /** /proc/PID/fdinfo/FD, empty for a file without a descriptor. */
  readonly info: string;
  /** The task by which it was found. */
  readonly task: SeizedTask;
  /** A descriptor of this process for the same open file description; undefined for a file without a descriptor. */
  readonly descriptor: number | undefined;
  readonly holders: readonly Holder[];
  /** Its entry in files.img, once it has been described. */
  readonly entry: FileDescription | undefined;
}
