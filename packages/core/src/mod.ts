/**
 * Restage: restores and checkpoints process trees as CRIU images, as a plugin framework. This entry point is for plugin authors and for programs
 * that restore and checkpoint; how each resource is handled is up to plugins.
 *
 * @module
 */
export {
  type CheckpointSection,
  defineConfig,
  type RestoreConfig,
  type RestoreSection,
} from "./config/define-config.ts";
export type { Draft, FileDescription } from "./dump/draft.ts";
export type { DumpRequest } from "./dump/dump.ts";
export type { DumpContext } from "./dump/dump-context.ts";
export type { Dumped } from "./dump/dump-run.ts";
export type { FileTable } from "./dump/file-table.ts";
export type { DumpFinding, Findings, NewDumpFinding } from "./dump/findings.ts";
export type { DumpHooks, PhaseHooks } from "./dump/hooks.ts";
export type { ImageWriter, OpenImage } from "./dump/image-writer.ts";
export type { Mapping } from "./dump/mapping.ts";
export type { FileIdentity, Holder, OpenFile } from "./dump/open-file.ts";
export type { DumpOptions, PageServerPlace } from "./dump/options.ts";
export type { PagesRequest, PagesWriter } from "./dump/pages-writer.ts";
export { PHASES, type PhaseName } from "./dump/phases.ts";
export type { SeizedTask, SeizedThread } from "./dump/seized-task.ts";
export type { SeizedTree } from "./dump/seized-tree.ts";
export {
  asRestoreError,
  ERRORS,
  type ErrorCode,
  type ErrorContext,
  type FailedSyscall,
  messageWithCauses,
  RestoreError,
  type RestoreErrorData,
  type ThrowingTap,
} from "./errors.ts";
export type { DumpEvent, DumpListener, RestoreEvent, RestoreListener, TapEvent } from "./events.ts";
export { giveCapability } from "./give-capability.ts";
export type { Host, HostCall, HostCalls } from "./host/host.ts";
export { didYouMean, nearest } from "./nearest.ts";
export {
  type DumpPluginContext,
  definePlugin,
  type Plugin,
  type PluginDeclaration,
  type PluginServices,
  type RestorePluginContext,
} from "./plugin/plugin.ts";
export { defineService, type Service } from "./plugin/service.ts";
export type {
  CallSignatures,
  CloneArguments,
  MemoryRange,
  ResourceLimit,
  SignalAction,
} from "./program/call-signatures.ts";
export { CALLS, type CallArguments, type CallName } from "./program/calls.ts";
export * from "./program/deferred.ts";
export type { Calls, RecordedStep } from "./program/program-builder.ts";
export type { ProgramTarget } from "./program/program-target.ts";
export type { Clone } from "./restore/clone.ts";
export type { EntryKinds, EntryPlace } from "./restore/entry-kinds.ts";
export type { FileToOpen, OpenedFiles } from "./restore/file-to-open.ts";
export type { EntryHooks, RestoreHooks, StageHooks } from "./restore/hooks.ts";
export type { ImageRequest } from "./restore/image-request.ts";
export type { ImageSet } from "./restore/image-set.ts";
export type { MemoryPatch } from "./restore/memory-patch.ts";
export type { CpuCapability, PidPolicy, RestoreOptions } from "./restore/options.ts";
export type { Finding, NewFinding, Plan } from "./restore/plan.ts";
export type { RestoreRequest } from "./restore/restore.ts";
export type { RestoredTree } from "./restore/restored-tree.ts";
export type { ServiceDescriptors, ServiceName } from "./restore/service-descriptors.ts";
export type { StageContext } from "./restore/stage-context.ts";
export { FAIL, type Participants, type RunStageName, STAGES, type Stage, type StageName } from "./restore/stages.ts";
export type { StubTask } from "./restore/stub.ts";
export type { Task, TaskIds, TaskImages, TaskKind, Thread } from "./restore/task.ts";
export type { CloneRequest, Template } from "./restore/template.ts";
export type { TemplateContext } from "./restore/template-context.ts";
export type { Tree } from "./restore/tree.ts";
export { dump, prepare, restore } from "./run.ts";
