/**
 * What tests of plugins and printed plans need: a kernel that only writes down, checkpoints without files, and what a plugin records, as
 * text. Nothing here needs root or touches the host.
 *
 * @module
 */

export { type RecordedLine, type Rehearsal, type RehearsalRequest, rehearse } from "../restore/rehearse.ts";
export {
  type CheckpointInvention,
  checkpointInMemory,
  type TaskInvention,
  type ThreadInvention,
} from "./checkpoint-in-memory.ts";
export { completeEntry, type PartialEntry } from "./complete-entry.ts";
export { type ImageInMemory, ImagesInMemory, image } from "./images-in-memory.ts";
export type { PlannedFailure } from "./planned-failure.ts";
export { type Inventions, type KernelRecord, RecordingKernel } from "./recording-kernel.ts";
export { scaffold } from "./scaffold.ts";
export { type PluginTest, testEntry, testPlan, testPlugin } from "./test-plugin.ts";
