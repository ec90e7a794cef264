import type { DumpOptions, RestoreOptions } from "@restage/core";

/** What the command line says. */
export interface Settings {
  /** For the restore itself, under the names of the library. */
  readonly restore: { -readonly [K in keyof RestoreOptions]?: RestoreOptions[K] };
  /** For making a checkpoint, under the names of the library. */
  readonly checkpoint: { -readonly [K in keyof DumpOptions]?: DumpOptions[K] };
  config?: string;
  /** A configuration in CRIU's own syntax: options, which the command line overrides. */
  criuConfig?: string;
  /** Where the log, the trace and the pidfile are. */
  workDirectory?: string;
  logFile?: string;
  /** CRIU's levels: 1 errors, 2 warnings, 3 stages, 4 every call. */
  verbosity: number;
  /** A log for each task, beside the log. */
  logPerTask: boolean;
  /** Print how long it took, and how many pages there were. */
  displayStats: boolean;
  /** Descriptors to be closed first. */
  readonly close: number[];
  /** The words after `--` are a program, which takes this one's place and so is the parent of the tree. */
  execute: boolean;
  program: readonly string[];
  trace?: string;
  json: boolean;
  help: boolean;
}

export function createSettings(): Settings {
  return {
    restore: {},
    checkpoint: {},
    verbosity: 2,
    logPerTask: false,
    displayStats: false,
    close: [],
    execute: false,
    program: [],
    json: false,
    help: false,
  };
}
