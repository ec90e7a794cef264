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
export * from "./default-restore-plugins.ts";
export { OpenFiles } from "./files/open-files.ts";
export { Sessions } from "./forking/sessions/restore.ts";
export type { VdsoOptions } from "./memory/vdso/restore.ts";
export { type ReplaceTextOptions, replaceText } from "./ready-made/replace-text.ts";
export { FilePassings } from "./transport/file-passings.ts";
export { transportPidfd } from "./transport/pidfd/restore.ts";
export { type Passing, Transport } from "./transport/transport.ts";
