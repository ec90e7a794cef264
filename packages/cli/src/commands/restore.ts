import { asRestoreError, restore } from "@restage/core";
import { defaultPlugins } from "@restage/plugins";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { openMachine } from "../open-machine.ts";
import type { Settings } from "../options/settings.ts";
import { pidfile } from "../pidfile.ts";
import { openReport } from "../report/open-report.ts";
import { printError } from "../report/print-error.ts";
import { requestOf } from "../request.ts";
import { stay } from "../stay.ts";

/** Restores a checkpoint, and stays until the root task ends unless the tree is detached. Gives the exit code. */
export async function restoreCommand(settings: Settings): Promise<number> {
  const request = await requestOf(settings);
  const report = await openReport(settings, request.images);
  try {
    const kernel = await openMachine();
    const plugins = [...(request.plugins ?? []), ...report.plugins, pidfile()];
    const tree = await restore({ ...request, plugins, onEvent: report.listener }, kernel, defaultPlugins());
    kernel.close();
    // Before staying: the tree may run for days.
    report.end();
    if (request.detached !== true) await stay(kernel, tree);
    return EXIT.OK;
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    report.fail(error);
    report.end();
    if (!settings.json) printError(error);
    return exitCodeOf(error);
  }
}
