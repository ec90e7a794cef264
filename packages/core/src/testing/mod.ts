/**
 * Tests plugins without root: checkpoints and processes in memory, a kernel that only records, and recorded calls as text.
 *
 * @module
 */

export type { Inventions } from "../dry-run/inventions.ts";
export type { KernelRecord } from "../dry-run/kernel-record.ts";
export type { PlannedFailure } from "../dry-run/planned-failure.ts";
export { RecordingKernel } from "../dry-run/recording-kernel.ts";
export type { InventedThread } from "../dry-run/recording-seizer.ts";
export {
  type CheckpointInvention,
  checkpointInMemory,
  type MemoryInvention,
  type TaskInvention,
  type ThreadInvention,
} from "./checkpoint-in-memory.ts";
export { completeEntry, type PartialEntry } from "./complete-entry.ts";
export { dumpScaffold } from "./dump-scaffold.ts";
export { type ImageInMemory, ImagesInMemory, image } from "./images-in-memory.ts";
export { type DescriptorInvention, type ProcessInvention, processInMemory } from "./process-in-memory.ts";
export { type RecordedLine, type Rehearsal, type RehearsalRequest, rehearse } from "./rehearse.ts";
export { type DumpRehearsal, type DumpRehearsalRequest, rehearseDump } from "./rehearse-dump.ts";
export { scaffold } from "./scaffold.ts";
export { type DumpTest, testDump } from "./test-dump.ts";
export { type PluginTest, testEntry, testPlan, testPlugin } from "./test-plugin.ts";
