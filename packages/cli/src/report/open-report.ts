import { openSync } from "node:fs";
import { resolve } from "node:path";
import { RestoreError } from "@restage/core";
import { eventToJson } from "@restage/core/internal";
import type { Settings } from "../options/settings.ts";
import { workDirectory } from "../request.ts";
import { logEachTask, logTo } from "./log.ts";
import { print } from "./print.ts";
import { Report, type Reporter } from "./report.ts";
import { statisticsTo } from "./statistics.ts";
import { isTerminal } from "./terminal.ts";

const STDOUT = 1;
const STDERR = 2;
/** CRIU's name of it for a log. */
const STANDARD_OUTPUT = "-";
/** What a terminal shows is what the log of this level says. */
const STAGES_LEVEL = 3;

/** Who is told, as the command line has it: where nobody looks, nobody, but of warnings. */
export async function openReport(settings: Settings, images: string): Promise<Report> {
  const { json, logFile, trace, verbosity } = settings;
  const pathOf = (file: string) => resolve(workDirectory(settings, images), file);
  const open = (file: string) => openForWriting(pathOf(file));
  const isShown = !json && isTerminal(1) && (logFile !== undefined || verbosity <= STAGES_LEVEL);
  const reporters: Reporter[] = [];
  if (json) reporters.push({ name: "events", listener: (event) => print(`${JSON.stringify(eventToJson(event))}\n`) });
  if (isShown) reporters.push(new (await import("./stage-view.ts")).StageView());
  if (logFile === STANDARD_OUTPUT) reporters.push(logTo(STDOUT, verbosity, { withErrors: true }));
  else if (logFile !== undefined) {
    reporters.push(logTo(open(logFile), verbosity, { withErrors: true }));
    if (settings.logPerTask) reporters.push(logEachTask(pathOf(logFile), verbosity));
  }
  // Errors are said at the end, with all that is known.
  else if (!json && !isShown) reporters.push(logTo(STDERR, verbosity, { withErrors: false }));
  // CRIU writes them always. Here the images stay as they were where nobody asks for anything else.
  if (settings.displayStats || settings.workDirectory !== undefined) {
    reporters.push(statisticsTo(pathOf("stats-restore"), { shown: settings.displayStats }));
  }
  if (trace !== undefined) reporters.push((await import("./trace-file.ts")).traceTo(open(trace)));
  return new Report(reporters);
}

function openForWriting(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new RestoreError("ERR_OPTION", `Cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
