import type { Plugin } from "../plugin/plugin.ts";
import type { RestoreOptions } from "../restore/options.ts";

/** What a `restore.config.ts` says. The command line wins over it. */
export interface RestoreConfig extends Partial<RestoreOptions> {
  /** Added to the defaults; claiming a default's duty replaces it. */
  readonly plugins?: readonly Plugin[];
}

/** Checks a configuration's type where it is written. */
export function defineConfig(config: RestoreConfig): RestoreConfig {
  return config;
}
