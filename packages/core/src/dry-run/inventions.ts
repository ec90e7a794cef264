import type { FileStat, Inode } from "@restage/linux";
import type { PlannedFailure } from "./planned-failure.ts";
import type { InventedProcesses } from "./recording-seizer.ts";

/** What a recording kernel invents. By default every call succeeds, and nothing is known about the host. */
export interface Inventions {
  /** Calls that fail. */
  readonly failures?: readonly PlannedFailure[];
  /** Results of `host.stat`, by path. Default: "unknown". */
  readonly files?: Readonly<Record<string, FileStat | "missing">>;
  /** Results of `host.readText`, by path. Default: undefined. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Results of `host.readLink`, by path. Default: undefined. */
  readonly links?: Readonly<Record<string, string>>;
  /** Results of `host.list`, by path. Default: undefined. */
  readonly directories?: Readonly<Record<string, readonly string[]>>;
  /** Results of `host.inode`, by path; missing fields are 0. Default: undefined. */
  readonly inodes?: Readonly<Record<string, Partial<Inode>>>;
  /** The processes that a checkpoint finds and stops, by pid. */
  readonly processes?: InventedProcesses;
  /** Whole files for `host.readBytes`, by path. */
  readonly bytes?: Readonly<Record<string, Uint8Array>>;
  /** Holders of pids. */
  readonly pidHolders?: Readonly<Record<number, string>>;
  /** Holders of sockets, by inode. */
  readonly socketHolders?: Readonly<Record<number, string>>;
  /** Outputs of the host's programs, by name; other programs are missing. A string is the output of every program. */
  readonly outputs?: Readonly<Record<string, string>> | string;
  /** Threads that have ended by the time they would resume. */
  readonly goneAtResume?: readonly number[];
  /** Tasks that survive being killed. */
  readonly unkillable?: readonly number[];
  /** What the undo leaves behind. */
  readonly leftByUndo?: readonly string[];
  /** The time of both clocks in nanoseconds. It does not advance. */
  readonly clock?: bigint;
}
