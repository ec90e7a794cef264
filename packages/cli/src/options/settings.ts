import type { CheckpointOptions } from "@restage/checkpoint";
import type { RestoreOptions } from "@restage/core";

/** What the command line says. */
export interface Settings {
  /** For the restore itself, under the names of the library. */
  readonly restore: { -readonly [K in keyof RestoreOptions]?: RestoreOptions[K] };
  /** For making a checkpoint, under the names of the library. */
  readonly checkpoint: { -readonly [K in keyof CheckpointOptions]?: CheckpointOptions[K] };
  config?: string;
  /** Where the log, the trace and the pidfile are. */
  workDirectory?: string;
  logFile?: string;
  /** CRIU's levels: 1 errors, 2 warnings, 3 stages, 4 every call. */
  verbosity: number;
  trace?: string;
  json: boolean;
  help: boolean;
}

export function createSettings(): Settings {
  return { restore: {}, checkpoint: {}, verbosity: 2, json: false, help: false };
}
