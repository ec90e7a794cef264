import { appendFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type CheckpointRequest, type MadeCheckpoint, makeCheckpoint } from "@restage/checkpoint";
import { asRestoreError, RestoreError } from "@restage/core";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { openMachine } from "../open-machine.ts";
import type { Settings } from "../options/settings.ts";
import { counted } from "../report/counted.ts";
import { print } from "../report/print.ts";
import { printError } from "../report/print-error.ts";

const LEVEL = { ERROR: 1, WARNING: 2, INFO: 3 } as const;

/** Makes a checkpoint of a tree. Gives the exit code. */
export async function checkpointCommand(settings: Settings, operand: string | undefined): Promise<number> {
  const request = requestOf(settings, operand);
  const log = openLog(settings, request.images);
  try {
    const kernel = await openMachine();
    const made = await makeCheckpoint(request, kernel);
    kernel.close();
    for (const { what, why } of made.warnings) log(LEVEL.WARNING, `warning: ${what}: ${why}`);
    log(LEVEL.INFO, summaryOf(made, request));
    if (settings.json) print(`${JSON.stringify(made)}\n`);
    return EXIT.OK;
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    if (settings.logFile !== undefined) log(LEVEL.ERROR, error.describe());
    if (settings.json) print(`${JSON.stringify({ error })}\n`);
    else printError(error);
    return exitCodeOf(error);
  }
}

function requestOf({ checkpoint }: Settings, operand: string | undefined): CheckpointRequest {
  const pid = checkpoint.pid ?? Number(operand);
  if (!Number.isInteger(pid) || pid <= 0) {
    const hint = "name it as `restage checkpoint PID`, or with --tree";
    throw new RestoreError("ERR_OPTION", "No process is named of which to make a checkpoint", { hint });
  }
  return { ...checkpoint, pid, images: checkpoint.images ?? "." };
}

function summaryOf({ tasks, frozen }: MadeCheckpoint, { pid, images }: CheckpointRequest): string {
  return `${counted(tasks.length, "task")} of process ${pid} saved in ${images}; the tree stood still for ${frozen.toFixed(1)} ms`;
}

/** Where nobody asks for a log, warnings go to standard error. */
function openLog({ verbosity, logFile, workDirectory, json }: Settings, images: string) {
  const start = performance.now();
  const file = logFile === undefined ? undefined : resolve(workDirectory ?? images, logFile);
  let isNew = true;
  return (level: number, text: string): void => {
    if (level > verbosity) return;
    const seconds = ((performance.now() - start) / 1000).toFixed(6).padStart(9, "0");
    const line = `(${seconds}) ${text}\n`;
    if (file === undefined) {
      if (!json) process.stderr.write(line);
    } else if (isNew) writeFileSync(file, line);
    else appendFileSync(file, line);
    isNew = false;
  };
}
