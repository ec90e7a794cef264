import { type RestoredTree, type RestoreRequest, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";

/** Restores a tree in this process, with the default plugins. */
export async function restoreHere(request: RestoreRequest): Promise<RestoredTree> {
  const kernel = await openKernel();
  try {
    return await restore(request, kernel, defaultPlugins());
  } finally {
    kernel.close();
  }
}
