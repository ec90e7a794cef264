import { asRestoreError, restore, RestoreError } from "@restage/core";
import { type LinuxKernel, openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { requestOf } from "../options/request.ts";
import type { RestoreFlags } from "../options/restore-options.ts";
import { pidfile } from "../pidfile.ts";
import { createListeners } from "../report/listeners.ts";

/** Restores a checkpoint, and stays until the root task ends unless the tree is detached. */
export async function restoreCommand(flags: RestoreFlags): Promise<void> {
  const request = await requestOf(flags);
  const kernel = await openMachine();
  const { listener, finish } = createListeners(flags);
  try {
    const plugins = [...(request.plugins ?? []), pidfile()];
    const tree = await restore({ ...request, plugins, onEvent: listener }, kernel, defaultPlugins());
    if (request.detached !== true) await kernel.waitForExit(tree.pid);
  } finally {
    kernel.close();
    finish();
  }
}

/** The kernel of this machine. Throws ERR_KERNEL where it cannot be driven. */
export async function openMachine(): Promise<LinuxKernel> {
  try {
    return await openKernel();
  } catch (error) {
    if (error instanceof RestoreError) throw error;
    const { message } = asRestoreError(error, {});
    throw new RestoreError("ERR_KERNEL", message, { hint: "run `restage check`", cause: error });
  }
}
