/**
 * The duties of a restore, one plugin each, and plugins that change what is restored. The duties of a checkpoint are in `@restage/plugins/dump`.
 *
 * @module
 */
export {
  ACTION_STAGES,
  type Action,
  type ActionTap,
  hasNetwork,
  rootPid,
  tapActions,
} from "./action-scripts/actions.ts";
export { type Cpuid, describeProcessor, processorDifferences } from "./cpuinfo/processor.ts";
export * from "./default-restore-plugins.ts";
export { OpenFiles } from "./files/open-files.ts";
export type { PidPolicyOptions } from "./forking/pid-policy/restore.ts";
export { Sessions } from "./forking/sessions/restore.ts";
export type { VdsoOptions } from "./memory/vdso/restore.ts";
export { type CgroupOptions, cgroup } from "./ready-made/cgroup.ts";
export { type CreateFilesOptions, createFiles } from "./ready-made/create-files.ts";
export { type EnvironmentOptions, environment } from "./ready-made/environment.ts";
export { type HostnameOptions, hostname } from "./ready-made/hostname.ts";
export type { IfMissing } from "./ready-made/missing.ts";
export { type MoveAddressesOptions, moveAddresses } from "./ready-made/move-addresses.ts";
export { type MovePortsOptions, movePorts } from "./ready-made/move-ports.ts";
export type { MoveOptions } from "./ready-made/move-sockets.ts";
export type { ConnectionPolicy } from "./ready-made/moved-sockets.ts";
export { type Moment, type MomentNews, type OnStageOptions, onStage } from "./ready-made/on-stage.ts";
export {
  type ContextLike,
  type OpenTelemetryApi,
  type OpenTelemetryOptions,
  openTelemetry,
  type SpanAttributes,
  type SpanLike,
} from "./ready-made/open-telemetry.ts";
export { perClone } from "./ready-made/per-clone.ts";
export { type RemapPathsOptions, remapPaths } from "./ready-made/remap-paths.ts";
export { type ReplaceTextOptions, replaceText } from "./ready-made/replace-text.ts";
export { type RunAsOptions, runAs } from "./ready-made/run-as.ts";
export { type SkipFilesOptions, skipFiles } from "./ready-made/skip-files.ts";
export type { UserIds } from "./ready-made/users.ts";
export { encodeExtendedState, encodeGeneralRegisters } from "./threads/registers-x86-64/format.ts";
export { FilePassings } from "./transport/file-passings.ts";
export { transportPidfd } from "./transport/pidfd/restore.ts";
export { messageHeader, rights } from "./transport/rights.ts";
export { type Passing, Transport } from "./transport/transport.ts";
