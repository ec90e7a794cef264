import { declareOption, type Option } from "./option.ts";
import { on, oneOf } from "./readers.ts";
import { SERVER_OPTIONS } from "./restore-options.ts";
import { RUNTIMES } from "./settings.ts";

/** Options of `restage init`. */
export const INIT_OPTIONS: readonly Option[] = [
  declareOption("--plugin", "make a package with a plugin, to publish", (to, given) => {
    to.plugin = on(given);
  }),
  declareOption("--runtime NAME", "node, deno or bun; by default the one that is in use", (to, given) => {
    to.runtime = oneOf(RUNTIMES)(given);
  }),
  ...SERVER_OPTIONS,
];
