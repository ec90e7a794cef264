import type { Kernel } from "@restage/linux";

/** Throws a TypeError when a dry run is requested with a real kernel. */
export function requireRecording(kernel: Kernel, dryRun: boolean): void {
  if (dryRun && !("recording" in kernel)) throw new TypeError("Cannot make a dry run with a real kernel");
}
