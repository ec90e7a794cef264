import { asRestoreError } from "@restage/core";
import { printRecord, RecordingKernel } from "@restage/core/dry-run";
import { restore } from "@restage/core/restore";
import { defaultPlugins } from "@restage/plugins/restore";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import type { Settings } from "../options/settings.ts";
import { pidfile } from "../pidfile.ts";
import { PlanView } from "../plan/plan-view.ts";
import { printEvent, printObject } from "../report/json-events.ts";
import { printError } from "../report/print-error.ts";
import { Report, type Reporter } from "../report/report.ts";
import { requestOf } from "../request.ts";

/** Reports what would happen. The coordinator's own calls come separately, not as events. */
interface PlanReporter extends Reporter {
  readonly addOfCoordinator: (text: string) => void;
}

/**
 * Prints the findings, and stage by stage what each task would do. Changes nothing, because a recording kernel replaces the real one. Returns the exit
 * code.
 */
export async function planCommand(settings: Settings): Promise<number> {
  const request = await requestOf(settings, "plan");
  const reporter = settings.json ? planEvents() : new PlanView();
  const report = new Report([reporter]);
  const kernel = new RecordingKernel({ outputs: "" }, (record) => {
    const text = printRecord(record);
    if (text !== undefined) reporter.addOfCoordinator(text);
  });
  try {
    const plugins = [...(request.plugins ?? []), pidfile()];
    await restore({ ...request, dryRun: true, plugins, onEvent: report.listener }, kernel, defaultPlugins());
    report.end();
    return EXIT.OK;
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    report.fail(error);
    // Refusals are findings, and have been printed.
    if (!settings.json && error.code !== "ERR_REFUSED") printError(error, { stack: settings.verbosity >= 4 });
    return exitCodeOf(error);
  }
}

function planEvents(): PlanReporter {
  return {
    name: "the plan",
    listener: printEvent,
    addOfCoordinator: (call) => printObject({ kind: "coordinator", call }),
  };
}
