/**
 * What tests of plugins and printed plans need: a kernel that only writes down, checkpoints without files, and the programs that a plugin
 * records, as text. Nothing here needs root or touches the host.
 *
 * @module
 */
export type { PlannedFailure } from "./planned-failure.ts";
export { type Inventions, type KernelRecord, RecordingKernel } from "./recording-kernel.ts";
