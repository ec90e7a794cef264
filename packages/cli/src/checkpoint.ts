/** What the command loads for checkpoints only, in a file of its own. */

export { dump } from "@restage/core/dump";
export * from "@restage/plugins/dump";
export { checkpointCommand } from "./commands/checkpoint.ts";
