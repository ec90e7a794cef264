import type { VmaEntry } from "@restage/images";
import type { Draft } from "./draft.ts";

/** A mapping of a task's memory. */
export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  /** Bytes. */
  readonly offset: bigint;
  /** Four letters: `rw-p`. */
  readonly permissions: string;
  /** Device of its file, `major:minor` in hexadecimal, and inode; 0 for none. */
  readonly device: string;
  readonly inode: bigint;
  /** Path, `[name]`, or empty. */
  readonly name: string;
  /** VmFlags of smaps: two letters each. */
  readonly flags: ReadonlySet<string>;
  /** Its entry in the mm image. */
  readonly entry: Draft<VmaEntry>;
}
