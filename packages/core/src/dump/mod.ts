/**
 * Checkpoints of running process trees, as CRIU's images: a tree is frozen, looked at, saved, and killed or let go. Every duty is a
 * plugin.
 *
 * @module
 */
export { defaultCheckpointPlugins } from "@restage/plugins";
export type { OpenFile } from "./open-file.ts";
export type { CheckpointFinding, CheckpointFindings, NewCheckpointFinding } from "./findings.ts";
export type { CheckpointHooks, TreeHooks } from "./hooks.ts";
export type { Draft, FileDescription } from "./draft.ts";
export type { ImageWriter } from "./image-writer.ts";
export { type CheckpointRequest, type MadeCheckpoint, makeCheckpoint } from "./dump.ts";
export type { Mapping } from "./mapping.ts";
export { type CheckpointOptions, DEFAULT_CHECKPOINT_OPTIONS } from "./options.ts";
export { type CheckpointPlugin, defineCheckpointPlugin } from "./plugin.ts";
export type { FrozenTask, FrozenThread } from "./seized-task.ts";
export type { FrozenTree } from "./seized-tree.ts";
