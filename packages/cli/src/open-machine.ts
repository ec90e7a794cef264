import { RestoreError } from "@restage/core";
import { type LinuxKernel, openKernel } from "@restage/linux";

/** The kernel of this machine. Throws ERR_KERNEL where this runtime has no way to call it. */
export async function openMachine(): Promise<LinuxKernel> {
  try {
    return await openKernel();
  } catch (error) {
    const message = `Cannot call the kernel: ${error instanceof Error ? error.message : error}`;
    throw new RestoreError("ERR_KERNEL", message, { hint: "`restage check` lists what is missing", cause: error });
  }
}
