/**
 * Checkpoints of running process trees, as CRIU's images: a tree is frozen, looked at, saved, and killed or let go. Every duty is a
 * plugin.
 *
 * @module
 */
export { defaultCheckpointPlugins } from "./default-plugins.ts";
export type { OpenFile } from "./files/open-file.ts";
export type { CheckpointFinding, CheckpointFindings, NewCheckpointFinding } from "./findings.ts";
export type { CheckpointHooks, TreeHooks } from "./hooks.ts";
export type { Draft, FileDescription } from "./images/draft.ts";
export type { ImageWriter } from "./images/image-writer.ts";
export { type CheckpointRequest, type MadeCheckpoint, makeCheckpoint } from "./make-checkpoint.ts";
export type { Mapping } from "./memory/mapping.ts";
export { type CheckpointOptions, DEFAULT_CHECKPOINT_OPTIONS } from "./options.ts";
export { type CheckpointPlugin, defineCheckpointPlugin } from "./plugin.ts";
export type { FrozenTask, FrozenThread } from "./tree/frozen-task.ts";
export type { FrozenTree } from "./tree/frozen-tree.ts";
