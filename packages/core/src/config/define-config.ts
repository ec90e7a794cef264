import type { DumpOptions } from "../dump/options.ts";
import type { DumpEvent, RestoreEvent } from "../events.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { RestoreOptions } from "../restore/options.ts";

/** Members of a configuration that are not options of a command. */
interface Additions {
  /** Added to the defaults; claiming a default's duty replaces it. */
  readonly plugins?: readonly Plugin[];
  /** Receives the events of restores and checkpoints. No restore or checkpoint waits for it, and its errors are printed. The command waits for its promises before it ends. */
  readonly onEvent?: (event: RestoreEvent | DumpEvent) => void;
}

/** The options of one command, in its section. */
export interface RestoreSection extends Partial<RestoreOptions>, Additions {}

/** The options of `restage checkpoint`, in its section. */
export interface CheckpointSection extends Partial<Omit<DumpOptions, "pid">>, Additions {}

/** The contents of a `restore.config.ts`. Environment variables override it, and the command line overrides both. */
export interface RestoreConfig extends RestoreSection {
  /** Other configurations: paths relative to this file, or names of packages. Their plugins come first; other keys of this file replace theirs. */
  readonly extends?: readonly string[];
  /** Options of `restage restore` that replace those of the whole file. `plan` and `check` use them too. */
  readonly restore?: RestoreSection;
  /** Options of `restage plan` that replace those of a restore. */
  readonly plan?: RestoreSection;
  /** Options of `restage check` that replace those of a restore. */
  readonly check?: RestoreSection;
  /** Options of `restage checkpoint`. */
  readonly checkpoint?: CheckpointSection;
}

/** Checks a configuration's type where it is written. */
export function defineConfig(config: RestoreConfig): RestoreConfig {
  return config;
}
