import { asRestoreError, type Plugin, type RestoredTree, type RestoreError, type RestoreRequest } from "@restage/core";
import { restore } from "@restage/core/restore";
import type { LinuxKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins/restore";
import type { Settings } from "./options/settings.ts";
import { pidfile } from "./pidfile.ts";
import { openReport } from "./report/open-report.ts";

/**
 * Restores with everything that the settings ask of the command itself: reports and a pidfile. Returns the tree, or the failure, which has been reported.
 *
 * Throws ERR_OPTION when a report cannot be opened.
 *
 * @param own plugins of the caller, after those of the request.
 */
export async function reportedRestore(
  settings: Settings,
  request: RestoreRequest,
  kernel: LinuxKernel,
  own: readonly Plugin[] = [],
): Promise<RestoredTree | RestoreError> {
  const report = await openReport(settings, request);
  try {
    const plugins = [...(request.plugins ?? []), ...report.plugins, pidfile(), ...own];
    return await restore({ ...request, plugins, onEvent: report.listener }, kernel, defaultPlugins());
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    report.fail(error);
    return error;
  } finally {
    report.end();
  }
}
