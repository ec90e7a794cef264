/**
 * A kernel that only records what it is asked to do, for printed plans and tests.
 *
 * @module
 */
export { printRecord } from "./print-record.ts";
export { type Inventions, type KernelRecord, RecordingKernel } from "./recording-kernel.ts";
