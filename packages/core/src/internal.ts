/**
 * Parts of the framework that the `restage` command and the default plugins use, beside what plugin authors need. No stability is promised.
 *
 * @module
 */
export { assertTrusted } from "./config/assert-trusted.ts";
export { LOSSES, NETWORK_LOCKS } from "./config/checkpoint-words.ts";
export { type ConfigRequest, loadConfig } from "./config/load-config.ts";
export { notedFiles, noteFile, stateOf } from "./config/noted-files.ts";
export { optionsFor } from "./config/options-for.ts";
export type { SectionName } from "./config/sections.ts";
export { whyUntrusted } from "./config/why-untrusted.ts";
export { Host } from "./host/host.ts";
export { attributing } from "./plugin/attribution.ts";
export { callFirstTap, callSyncTaps, callTaps } from "./plugin/call-taps.ts";
export { choosePlugins } from "./plugin/choose-plugins.ts";
export { type Direction, PluginDriver } from "./plugin/plugin-driver.ts";
export { printProgram, printStep } from "./program/print-program.ts";
export { ProgramBuilder } from "./program/program-builder.ts";
export { ProgramTarget } from "./program/program-target.ts";
export {
  CGROUP_MODES,
  CPU_CAPABILITIES,
  EMPTY_NAMESPACES,
  FILE_VALIDATIONS,
  JOINED_NAMESPACES,
  PID_POLICIES,
} from "./restore/options.ts";
export { UNDOABLE_STAGES } from "./restore/stages.ts";
export { ChromeTrace } from "./trace/chrome-trace.ts";
export { eventToJson } from "./trace/event-json.ts";
