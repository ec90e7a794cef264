import { asRestoreError, type Finding, type Plan, type RestoreRequest } from "@restage/core";
import { planRestore } from "@restage/core/restore";
import { defaultPlugins } from "@restage/plugins";
import { openMachine } from "../open-machine.ts";
import { pidfile } from "../pidfile.ts";
import { checkPids } from "./pids.ts";

/** The obstacles to restoring a checkpoint here: findings of the plugins, and pids that are in use. */
export async function checkCheckpoint(request: RestoreRequest): Promise<readonly Finding[]> {
  try {
    const kernel = await openMachine();
    try {
      const { plan } = await planRestore(
        { ...request, plugins: [...(request.plugins ?? []), pidfile()] },
        kernel,
        defaultPlugins(),
      );
      return [...plan.findings, ...(plan.init !== undefined || hasOwnPids(plan) ? [] : checkPids(plan.tree))];
    } finally {
      kernel.close();
    }
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    const errors = error.failures.length === 0 ? [error] : error.failures;
    return errors.map(({ message, hint, plugin = "check", pid }) => {
      return { severity: "refused", what: request.images, why: message, hint, pid, plugin };
    });
  }
}

/** Whether the tree has its own pid namespace, in which none of its pids is in use. */
function hasOwnPids({ images, tree }: Plan): boolean {
  const host = images.inventory.root_ids?.pid_ns_id;
  return host !== undefined && tree.root.survives && tree.root.ids.pid_ns_id !== host;
}
