import type { DumpEvent, RestoreEvent } from "../events.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { RestoreOptions } from "../restore/options.ts";

/** The contents of a `restore.config.ts`. The command line overrides it. */
export interface RestoreConfig extends Partial<RestoreOptions> {
  /** Added to the defaults; claiming a default's duty replaces it. */
  readonly plugins?: readonly Plugin[];
  /** Receives the events of restores and checkpoints. Nothing waits for it, and its errors are printed. */
  readonly onEvent?: (event: RestoreEvent | DumpEvent) => void;
}

/** Checks a configuration's type where it is written. */
export function defineConfig(config: RestoreConfig): RestoreConfig {
  return config;
}
