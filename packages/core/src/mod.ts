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
export type { FileToOpen, OpenedFiles } from "./restore/file-to-open.ts";
export { Checkpoint, guard } from "./restore/image-set.ts";
export { type EntryKinds, type EntryPlace, FILE_MEMBERS } from "./restore/entry-kinds.ts";
export type { ImageRequest } from "./restore/image-request.ts";
export type { MemoryPatch } from "./restore/memory-patch.ts";
export {
  CGROUP_MODES,
  CPU_CAPABILITIES,
  type CpuCapability,
  DEFAULT_OPTIONS,
  EMPTY_NAMESPACES,
  FILE_VALIDATIONS,
  JOINED_NAMESPACES,
  type RestoreOptions,
} from "./restore/options.ts";
export { type Finding, type NewFinding, Plan } from "./restore/plan.ts";
export { ServiceDescriptors, type ServiceName } from "./restore/service-descriptors.ts";
export { definePlugin, type PluginContext, type RestorePlugin, type Support } from "./plugin/plugin.ts";
export { choosePlugins, PluginDriver } from "./plugin/plugin-driver.ts";
export { defineService, type Service } from "./plugin/service.ts";
export { CALLS, type CallArguments, type CallName, type ResourceLimit } from "./program/calls.ts";
export * from "./program/deferred.ts";
export { printProgram, printStep } from "./program/print-program.ts";
export { type Calls, ProgramBuilder, type RecordedStep } from "./program/program-builder.ts";
export * from "./restore/restore.ts";
export { Barrier, NotStarted, type Participant } from "./restore/barrier.ts";
export { callTaps, createHooks, type EntryHooks, type RestoreHooks, type StageHooks } from "./restore/hooks.ts";
export { Host, type HostCall } from "./host/host.ts";
export type { StageContext } from "./restore/stage-context.ts";
export * from "./restore/stages.ts";
export { ChromeTrace } from "./trace/chrome-trace.ts";
export { eventToJson } from "./trace/event-json.ts";
export { ProgramTarget } from "./program/program-target.ts";
export { StubTask } from "./restore/stub.ts";
export { Task, type TaskIds, type TaskImages, type TaskKind, Thread } from "./restore/task.ts";
export { readTree, Tree } from "./restore/tree.ts";
