import type { RestoreRequest } from "@restage/core";
import type { Settings } from "../options/settings.ts";
import { openOwnFile } from "../own-file.ts";
import { ownPath } from "../request.ts";
import { printEvent } from "./json-events.ts";
import { logEachTask, logTo } from "./log.ts";
import { Report, type Reporter } from "./report.ts";
import { statisticsTo } from "./statistics.ts";
import { isTerminal } from "./terminal.ts";

const STDOUT = 1;
const STDERR = 2;
/** CRIU's name for standard output as a log file. */
const STANDARD_OUTPUT = "-";
/** The log level whose messages a terminal shows. */
const STAGES_LEVEL = 3;

/** Opens the reporters that the command line and the configuration ask for. Without any, only warnings are reported. */
export async function openReport(
  settings: Settings,
  { images, onEvent }: Pick<RestoreRequest, "images" | "onEvent">,
): Promise<Report> {
  const { json, logFile, trace, verbosity } = settings;
  const pathOf = (file: string) => ownPath(settings, images, file);
  const open = (file: string) => openOwnFile(pathOf(file));
  const isShown = !json && isTerminal(1) && (logFile !== undefined || verbosity <= STAGES_LEVEL);
  const reporters: Reporter[] = [];
  if (json) reporters.push({ name: "events", listener: printEvent });
  if (isShown) reporters.push(new (await import("./stage-view.ts")).StageView());
  if (logFile === STANDARD_OUTPUT) reporters.push(logTo(STDOUT, verbosity, { withErrors: true }));
  else if (logFile !== undefined) {
    reporters.push(logTo(open(logFile), verbosity, { withErrors: true }));
    if (settings.logPerTask) reporters.push(logEachTask(pathOf(logFile), verbosity));
  }
  // Errors are printed at the end, with everything that is known.
  else if (!json && !isShown) reporters.push(logTo(STDERR, verbosity, { withErrors: false }));
  // CRIU always writes them. Restage leaves the images unchanged unless the user asks for something else.
  if (settings.displayStats || settings.workDirectory !== undefined) {
    reporters.push(statisticsTo(pathOf("stats-restore"), { shown: settings.displayStats }));
  }
  if (trace !== undefined) reporters.push((await import("./trace-file.ts")).traceTo(open(trace)));
  if (onEvent !== undefined) reporters.push({ name: "onEvent", listener: onEvent });
  return new Report(reporters);
}
