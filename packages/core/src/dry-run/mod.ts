/**
 * A kernel that only records what it is asked to do, for printed plans and tests.
 *
 * @module
 */

export type { Inventions } from "./inventions.ts";
export type { KernelRecord } from "./kernel-record.ts";
export { printRecord } from "./print-record.ts";
export { RecordingKernel } from "./recording-kernel.ts";
