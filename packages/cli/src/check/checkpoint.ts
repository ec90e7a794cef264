import { asRestoreError, type Finding, type RestoreRequest } from "@restage/core";
import { planRestore } from "@restage/core/restore";
import { defaultPlugins } from "@restage/plugins/restore";
import { openMachine } from "../open-machine.ts";
import { pidfile } from "../pidfile.ts";

/** The obstacles to restoring a checkpoint here, as the plugins find them. */
export async function checkCheckpoint(request: RestoreRequest): Promise<readonly Finding[]> {
  try {
    const kernel = await openMachine();
    try {
      const { plan } = await planRestore(
        // Nothing is restored: there is nothing to tell `onEvent`.
        { ...request, plugins: [...(request.plugins ?? []), pidfile()], onEvent: () => {} },
        kernel,
        defaultPlugins(),
      );
      return plan.findings;
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
