/**
 * The parts of a checkpoint, for the `restage` command and the default plugins. No stability is promised.
 *
 * @module
 */

export { callTaps } from "../plugin/call-taps.ts";
export { AddedPlugins } from "./added-plugins.ts";
export { createDumpDriver } from "./create-driver.ts";
export { DUMP } from "./direction.ts";
export { dump } from "./dump.ts";
export { findInOrder } from "./find-in-order.ts";
export { createDumpHooks } from "./hooks.ts";
export { DEFAULT_DUMP_OPTIONS } from "./options.ts";
export {
  type ProcessDetails,
  type ProcessSession,
  readDetails,
  readProcesses,
  readStatus,
} from "./process-details.ts";
