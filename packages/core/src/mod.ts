/**
 * Restores process trees from CRIU images: stages, barriers, hooks, deferred system calls. How any one resource is restored is a plugin's
 * affair.
 *
 * @module
 */
export { defineConfig, type RestoreConfig } from "./config/define-config.ts";
export { type ConfigRequest, loadConfig } from "./config/load-config.ts";
export * from "./errors.ts";
export * from "./events.ts";
export type { FileToOpen, OpenedFiles } from "./files/file-to-open.ts";
export { Checkpoint, guard } from "./images/checkpoint.ts";
export { type EntryKinds, type EntryPlace, FILE_MEMBERS } from "./images/entry-kinds.ts";
export type { ImageRequest } from "./images/image-request.ts";
export type { MemoryPatch } from "./memory/memory-patch.ts";
export {
  CGROUP_MODES,
  CPU_CAPABILITIES,
  type CpuCapability,
  DEFAULT_OPTIONS,
  EMPTY_NAMESPACES,
  FILE_VALIDATIONS,
  JOINED_NAMESPACES,
  type RestoreOptions,
} from "./options.ts";
export { type Finding, type NewFinding, Plan } from "./plan/plan.ts";
export { ServiceDescriptors, type ServiceName } from "./plan/service-descriptors.ts";
export { definePlugin, type PluginContext, type RestorePlugin, type Support } from "./plugin/plugin.ts";
export { choosePlugins, PluginDriver } from "./plugin/plugin-driver.ts";
export { defineService, type Service } from "./plugin/service.ts";
export { CALLS, type CallArguments, type CallName, type ResourceLimit } from "./program/calls.ts";
export * from "./program/deferred.ts";
export { printProgram, printStep } from "./program/print-program.ts";
export { type Calls, ProgramBuilder, type RecordedStep } from "./program/program-builder.ts";
export * from "./restore.ts";
export { Barrier, NotStarted, type Participant } from "./stages/barrier.ts";
export { callTaps, createHooks, type EntryHooks, type RestoreHooks, type StageHooks } from "./stages/hooks.ts";
export { Host, type HostCall } from "./stages/host.ts";
export type { StageContext } from "./stages/stage-context.ts";
export * from "./stages/stages.ts";
export { ChromeTrace } from "./trace/chrome-trace.ts";
export { eventToJson } from "./trace/event-json.ts";
export { ProgramTarget } from "./tree/program-target.ts";
export { StubTask } from "./tree/stub.ts";
export { Task, type TaskIds, type TaskImages, type TaskKind, Thread } from "./tree/task.ts";
export { readTree, Tree } from "./tree/tree.ts";
