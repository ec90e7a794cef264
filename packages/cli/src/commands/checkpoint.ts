import { closeSync } from "node:fs";
import {
  asRestoreError,
  type DumpEvent,
  type Dumped,
  type DumpRequest,
  type Plugin,
  RestoreError,
} from "@restage/core";
import { dump } from "@restage/core/dump";
import { ChromeTrace } from "@restage/core/internal";
import { defaultDumpPlugins, preDumpPlugins } from "@restage/plugins/dump";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { openMachine } from "../open-machine.ts";
import type { Settings } from "../options/settings.ts";
import { writeOwnFile } from "../own-file.ts";
import { counted } from "../report/counted.ts";
import { writeStatistics } from "../report/dump-statistics.ts";
import { print } from "../report/print.ts";
import { printError } from "../report/print-error.ts";
import { checkpointOptions, ownPath } from "../request.ts";

const LEVEL = { ERROR: 1, WARNING: 2, INFO: 3 } as const;

/** Saves only the memory of a tree, which goes on, for a later checkpoint with --prev-images-dir. Returns the exit code. */
export async function preDumpCommand(settings: Settings, operand: string | undefined): Promise<number> {
  Object.assign(settings.checkpoint, PRE_DUMP);
  return checkpointCommand(settings, operand, preDumpPlugins());
}

/** Options of every pre-dump. Alone, its images cannot be restored. */
export const PRE_DUMP = { leaveRunning: true, leaveStopped: false, selfCheck: false } as const;

/** Makes a checkpoint of a tree. Returns the exit code. */
export async function checkpointCommand(
  settings: Settings,
  operand: string | undefined,
  defaults: readonly Plugin[] = defaultDumpPlugins(),
): Promise<number> {
  for (const descriptor of settings.close) closeSync(descriptor);
  const request = await requestOf(settings, operand);
  const log = openLog(settings, request.images);
  const trace = settings.trace === undefined ? undefined : new ChromeTrace();
  try {
    const kernel = await openMachine();
    const onEvent = (event: DumpEvent): void => {
      trace?.listener(event);
      request.onEvent?.(event);
    };
    const made = await dump({ ...request, onEvent }, kernel, defaults);
    kernel.close();
    for (const { what, why } of made.warnings) log(LEVEL.WARNING, `warning: ${what}: ${why}`);
    for (const { what, why } of made.notes) log(LEVEL.WARNING, `${what}: ${why}`);
    log(LEVEL.INFO, summaryOf(made, request));
    if (settings.displayStats || settings.workDirectory !== undefined) {
      const line = writeStatistics(ownPath(settings, request.images, "stats-dump"), request.images, made);
      if (settings.displayStats && !settings.json) print(line);
    }
    if (settings.json) print(`${JSON.stringify(made)}\n`);
    return EXIT.OK;
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    if (settings.logFile !== undefined) log(LEVEL.ERROR, error.describe());
    if (settings.json) print(`${JSON.stringify({ error })}\n`);
    else printError(error, { stack: settings.verbosity >= 4 });
    return exitCodeOf(error);
  } finally {
    if (settings.trace !== undefined) writeOwnFile(ownPath(settings, request.images, settings.trace), String(trace));
  }
}

async function requestOf(settings: Settings, operand: string | undefined): Promise<DumpRequest> {
  const { checkpoint } = settings;
  const configured = await checkpointOptions(settings);
  const pid = checkpoint.pid ?? Number(operand);
  if (!Number.isInteger(pid) || pid <= 0) {
    throw new RestoreError("ERR_OPTION", "Name a process: `restage checkpoint PID`, or with --tree PID");
  }
  return { images: ".", ...configured, ...checkpoint, pid };
}

function summaryOf({ tasks, frozen }: Dumped, { pid, images }: DumpRequest): string {
  return `${counted(tasks.length, "task")} of process ${pid} saved in ${images}; frozen for ${frozen.toFixed(1)} ms`;
}

/** Opens the log. Without one, warnings go to standard error. */
function openLog(settings: Settings, images: string) {
  const { verbosity, logFile, json } = settings;
  const start = performance.now();
  const file = logFile === undefined ? undefined : ownPath(settings, images, logFile);
  let isNew = true;
  return (level: number, text: string): void => {
    if (level > verbosity) return;
    const seconds = ((performance.now() - start) / 1000).toFixed(6).padStart(9, "0");
    const line = `(${seconds}) ${text}\n`;
    if (file === undefined) {
      if (!json) process.stderr.write(line);
    } else writeOwnFile(file, line, isNew ? "replace" : "append");
    isNew = false;
  };
}
