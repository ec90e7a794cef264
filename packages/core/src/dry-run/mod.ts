/**
 * A kernel that does nothing but record what it is asked for: for printed plans, and for tests.
 *
 * @module
 */
export { type Inventions, type KernelRecord, RecordingKernel } from "./recording-kernel.ts";
