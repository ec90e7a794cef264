import { type DumpContext, definePlugin, type Plugin, RestoreError } from "@restage/core";
import { dump } from "@restage/core/dump";
import type { InputOf } from "@restage/images";
import type { LinuxKernel } from "@restage/linux";
import { defaultDumpPlugins, preDumpPlugins } from "@restage/plugins/dump";
import { PRE_DUMP } from "../commands/checkpoint.ts";
import { CHECKPOINT_COMMAND_OPTIONS } from "../options/checkpoint-options.ts";
import type { Settings } from "../options/settings.ts";
import { writeOwnFile } from "../own-file.ts";
import { pagesOptions } from "../page-server/options.ts";
import { writeStatistics } from "../report/dump-statistics.ts";
import { findingText } from "../report/finding-text.ts";
import { tellReady } from "../report/status-byte.ts";
import { checkpointOptions, ownPath } from "../request.ts";
import type { Connection } from "./connection.ts";
import { type CriuOpts, type CriuResp, REQUEST } from "./messages.ts";
import { readOpts } from "./read-opts.ts";

/** Makes the checkpoint that a request asks for. */
export async function serveDump(
  kernel: LinuxKernel,
  connection: Connection,
  opts: CriuOpts,
): Promise<InputOf<CriuResp>> {
  const type = REQUEST.DUMP;
  const settings = readOpts(opts, connection.peer, CHECKPOINT_COMMAND_OPTIONS);
  const { verbosity } = settings;
  const checkpoint = { ...settings.checkpoint, ...pagesOptions(settings.service) };
  const images = checkpoint.images ?? ".";
  const pid = checkpoint.pid ?? connection.peer;
  const { plugins = [], ...configured } = await checkpointOptions(settings);
  const told = opts.notify_scripts === true ? new Told(connection) : undefined;
  openLog(settings, images);
  try {
    told?.tell("pre-dump");
    const own = [ready(settings), ...(told === undefined ? [] : [told.plugin()])];
    const made = await dump(
      { ...configured, ...checkpoint, pid, images, plugins: [...plugins, ...own] },
      kernel,
      defaultDumpPlugins(),
    );
    if (verbosity >= 2)
      for (const finding of [...made.warnings, ...made.notes])
        log(settings, images, `Warn  (restage): ${findingText(finding)}`);
    writeStatistics(ownPath(settings, images, "stats-dump"), images, made);
    if (checkpoint.leaveRunning === true) told?.unlockNetwork();
    log(settings, images, "Dumping finished successfully");
    return { type, success: true, dump: { restored: false } };
  } catch (thrown) {
    told?.unlockNetwork();
    throw thrown;
  }
}

/** Makes the pre-dump that a request asks for. */
export async function servePreDump(
  kernel: LinuxKernel,
  connection: Connection,
  opts: CriuOpts,
  type: number,
): Promise<InputOf<CriuResp>> {
  const settings = readOpts(opts, connection.peer, CHECKPOINT_COMMAND_OPTIONS);
  const { checkpoint } = settings;
  const images = checkpoint.images ?? ".";
  openLog(settings, images);
  const request = { ...checkpoint, pid: checkpoint.pid ?? connection.peer, images, ...PRE_DUMP };
  const made = await dump(request, kernel, preDumpPlugins());
  writeStatistics(ownPath(settings, images, "stats-dump"), images, made);
  log(settings, images, "Pre-dumping finished successfully");
  return { type, success: true };
}

/** Writes to the descriptor of the caller that memory can be taken. */
function ready({ service: { statusFd } }: Settings): Plugin {
  return definePlugin({
    name: "status-fd",
    dump({ servingPages }) {
      servingPages.tap("status-fd", () => tellReady(statusFd));
    },
  });
}

/** What the caller is told of a checkpoint, at CRIU's points. */
class Told {
  readonly #connection: Connection;
  #isLocked = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Throws ERR_PLUGIN when the caller does not agree. */
  tell(script: string): void {
    if (this.#connection.notify(script)) return;
    throw new RestoreError("ERR_PLUGIN", `The caller did not agree to the checkpoint at ${script}`, {
      plugin: "notifications",
      hint: "look at the log of the caller",
    });
  }

  /** CRIU only logs what the caller answers. */
  unlockNetwork(): void {
    if (this.#isLocked) this.#connection.notify("network-unlock");
    this.#isLocked = false;
  }

  plugin(): Plugin {
    return definePlugin({
      name: "notifications",
      phases: {
        inspect: "notifies the caller of network-lock and query-ext-files",
        resume: "notifies the caller of post-dump",
      },
      dump: ({ phases, servingPages }) => {
        servingPages.tap("notifications", () => this.tell("status-ready"));
        phases.inspect.tree.tap("notifications", (_tree, context) => {
          if (hasNetwork(context)) {
            this.#isLocked = true;
            this.tell("network-lock");
          }
          this.tell("query-ext-files");
        });
        phases.resume.tree.tap("notifications", () => this.tell("post-dump"));
      },
    });
  }
}

/** Whether the root task is in another network namespace than this process. */
function hasNetwork({ host, tree }: DumpContext): boolean {
  return host.readLink(`${tree.root.proc}/ns/net`) !== host.readLink("/proc/self/ns/net");
}

/** The log may exist already, empty and private. */
function openLog(settings: Settings, images: string): void {
  if (settings.logFile !== undefined) writeOwnFile(ownPath(settings, images, settings.logFile), "");
}

function log(settings: Settings, images: string, line: string): void {
  if (settings.logFile !== undefined) writeOwnFile(ownPath(settings, images, settings.logFile), `${line}\n`, "append");
}
