import { closeSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  asRestoreError,
  type DumpEvent,
  type Dumped,
  type DumpRequest,
  definePlugin,
  type Plugin,
  RestoreError,
} from "@restage/core";
import { dump } from "@restage/core/dump";
import { ChromeTrace } from "@restage/core/internal";
import { defaultDumpPlugins, preDumpPlugins } from "@restage/plugins/dump";
import { EXIT, exitCodeOf } from "../exit-codes.ts";
import { isInStore } from "../fleet/fetched-directories.ts";
import { openMachine } from "../open-machine.ts";
import type { Settings } from "../options/settings.ts";
import { writeOwnFile } from "../own-file.ts";
import { pagesOptions } from "../page-server/options.ts";
import { checkpointSize } from "../report/checkpoint-size.ts";
import { counted } from "../report/counted.ts";
import { writeStatistics } from "../report/dump-statistics.ts";
import { findingWithHint } from "../report/finding-text.ts";
import { print } from "../report/print.ts";
import { printError } from "../report/print-error.ts";
import { tellReady } from "../report/status-byte.ts";
import { isTerminal } from "../report/terminal.ts";
import { checkpointOptions, ownPath } from "../request.ts";

const LEVEL = { ERROR: 1, WARNING: 2, INFO: 3 } as const;

/** Saves only the memory of a tree, which keeps running, for a later checkpoint with --prev-images-dir. Returns the exit code. */
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
  const { archive } = settings;
  const { to } = settings.store;
  if (archive !== undefined) (await import("../archive/pack-archive.ts")).assertPackable(archive);
  if (to !== undefined) await (await import("./store.ts")).assertPushable(settings, to);
  const request = await requestOf(settings, operand);
  const { confirm } = settings;
  if (confirm !== undefined && (request.leaveRunning === true || request.leaveStopped === true))
    throw new RestoreError(
      "ERR_OPTION",
      "--confirm-fd cannot be combined with --leave-running or --leave-stopped: it asks before the tree ends",
    );
  const asking = confirm === undefined ? [] : [(await import("../confirm.ts")).confirmEndBy(confirm)];
  const log = openLog(settings, request.images);
  const trace = settings.trace === undefined ? undefined : new ChromeTrace();
  try {
    const kernel = await openMachine();
    const isShown =
      !settings.json && isTerminal(1) && (settings.logFile !== undefined || settings.verbosity < LEVEL.INFO);
    const view = isShown ? new (await import("../report/phase-view.ts")).PhaseView() : undefined;
    const onEvent = (event: DumpEvent): void => {
      view?.listener(event);
      trace?.listener(event);
      request.onEvent?.(event);
    };
    const serving = request.lazyPages === undefined ? [] : [servingReport(settings)];
    const plugins = [...(request.plugins ?? []), ...(view?.plugins ?? []), ...serving, ...asking];
    const made = await dump({ ...request, plugins, onEvent }, kernel, defaults);
    kernel.close();
    for (const warning of made.warnings) log(LEVEL.WARNING, `warning: ${findingWithHint(warning)}`);
    for (const note of made.notes) log(LEVEL.WARNING, findingWithHint(note));
    log(LEVEL.INFO, summaryOf(made, request));
    view?.summarize(made, request, checkpointSize(request.images));
    if (settings.displayStats || settings.workDirectory !== undefined) {
      const line = writeStatistics(ownPath(settings, request.images, "stats-dump"), request.images, made);
      if (settings.displayStats && !settings.json) print(line);
    }
    if (settings.json) print(`${JSON.stringify(made)}\n`);
    if (archive !== undefined) await packMade(request.images, archive);
    if (to !== undefined) await pushMade(settings, request.images, to);
    if (isTemporary(settings)) rmSync(request.images, { recursive: true });
    return EXIT.OK;
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    if (settings.logFile !== undefined) log(LEVEL.ERROR, error.describe());
    if (settings.json) print(`${JSON.stringify({ error })}\n`);
    else printError(error, { stack: settings.verbosity >= 4 });
    return exitCodeOf(error);
  } finally {
    if (isTemporary(settings) && !existsSync(join(request.images, "inventory.img")))
      rmSync(request.images, { recursive: true, force: true });
    if (settings.trace !== undefined) writeOwnFile(ownPath(settings, request.images, settings.trace), String(trace));
  }
}

/** Tells the caller where memory can be taken. */
function servingReport({ service, json }: Settings): Plugin {
  return definePlugin({
    name: "serving-report",
    dump({ servingPages }) {
      servingPages.tap("serving-report", (port) => {
        tellReady(service.statusFd);
        if (port !== 0 && service.port === 0) print(json ? `${JSON.stringify({ port })}\n` : `${port}\n`);
      });
    },
  });
}

async function requestOf(settings: Settings, operand: string | undefined): Promise<DumpRequest> {
  const checkpoint = { ...settings.checkpoint, ...pagesOptions(settings.service) };
  const configured = await checkpointOptions(settings);
  const pid = checkpoint.pid ?? Number(operand);
  if (!Number.isInteger(pid) || pid <= 0) {
    throw new RestoreError("ERR_OPTION", "Name a process: `restage checkpoint PID`, or with --tree PID");
  }
  if (settings.archive !== undefined && (checkpoint.prevImagesDir ?? configured.prevImagesDir) !== undefined) {
    throw new RestoreError(
      "ERR_OPTION",
      "Cannot pack an incremental checkpoint: it needs the earlier one, which an archive does not contain",
      { hint: "leave out --archive or --prev-images-dir" },
    );
  }
  if (isTemporary(settings)) return { ...configured, ...checkpoint, pid, images: temporaryDirectory(settings) };
  const request = { images: ".", ...configured, ...checkpoint, pid };
  if (!isInStore(request.images)) return request;
  const hint = `make and push it in one step: \`restage checkpoint ${pid} --to ${request.images}\``;
  throw new RestoreError(
    "ERR_OPTION",
    "Cannot write a checkpoint to a store directly: it must be in a directory first",
    { hint },
  );
}

/** Whether the images are made only to be pushed or packed. */
function isTemporary({ archive, store, checkpoint }: Settings): boolean {
  return (store.to !== undefined || archive !== undefined) && checkpoint.images === undefined;
}

function temporaryDirectory(settings: Settings): string {
  settings.workDirectory ??= ".";
  return mkdtempSync(join(tmpdir(), "restage-checkpoint-"));
}

/** Packs a checkpoint. If that fails, the error names the directory that has it. */
async function packMade(images: string, archive: string): Promise<void> {
  try {
    await (await import("../archive/pack-archive.ts")).packArchive(images, archive);
  } catch (thrown) {
    const hint = `the checkpoint is in ${images}`;
    throw new RestoreError("ERR_OPTION", asRestoreError(thrown, {}).message, { hint, cause: thrown });
  }
}

/** Pushes a checkpoint. If that fails, the error names the directory that has it. */
async function pushMade(settings: Settings, images: string, to: string): Promise<void> {
  try {
    await (await import("./store.ts")).pushImages(settings, images, to);
  } catch (thrown) {
    const hint = `the checkpoint is in ${images}: \`restage push ${images} ${to}\``;
    throw new RestoreError("ERR_STORE", asRestoreError(thrown, {}).message, { hint, cause: thrown });
  }
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
