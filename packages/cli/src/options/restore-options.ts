import { resolve } from "node:path";
import { type RestoreConfig, RestoreError } from "@restage/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import { CRIU_OPTIONS } from "./criu-options.ts";

/** Where commands find the checkpoint and its configuration. */
export interface CheckpointFlags {
  readonly imagesDir?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** What `restage restore` is told. */
export interface RestoreFlags extends CheckpointFlags {
  readonly workDir?: string;
  readonly restoreDetached?: boolean;
  readonly leaveStopped?: boolean;
  readonly logFile?: string;
  readonly verbosity?: number | true;
  readonly pidfile?: string;
  readonly skipFileRwxCheck?: boolean;
  readonly fileValidation?: "buildid" | "filesize";
  readonly fileLocks?: boolean;
  readonly extUnixSk?: boolean;
  readonly tcpEstablished?: boolean;
  readonly tcpClose?: boolean;
  readonly timeout?: number;
  readonly trace?: string;
}

/** The level of `-v` alone, as in CRIU: debug messages. */
const HIGHEST_VERBOSITY = 4;

/** Options that say which checkpoint it is about. */
export function addCheckpointOptions(command: Command): Command {
  return command
    .option("-D, --images-dir <path>", "directory of the images")
    .option("--config <file>", "configuration; else restore.config.ts is looked for upwards from here")
    .option("--json", "print JSON, for programs");
}

/** The options of `criu restore`, under their names, and a few more. */
export function addRestoreOptions(command: Command): Command {
  addCheckpointOptions(command)
    .option("-W, --work-dir <path>", "directory to which log, pidfile and trace are relative")
    .option("-d, --restore-detached", "do not stay: the tree becomes init's")
    .option("-s, --leave-stopped", "leave all tasks stopped")
    .option("-o, --log-file <file>", "write a log")
    .option("-v, --verbosity [level]", "1 to 4; what the log says", verbosity)
    .option("--pidfile <file>", "write the pid of the root task before the tree resumes")
    .option("--skip-file-rwx-check", "accept files whose permissions changed")
    .addOption(
      new Option("--file-validation <method>", "compare files by size and build-id, or by size").choices(["buildid", "filesize"]),
    )
    .option("-l, --file-locks", "restore file locks")
    .option("-x, --ext-unix-sk [ids]", "allow peers of unix sockets outside the tree")
    .option("--tcp-established", "restore established TCP connections")
    .option("--tcp-close", "restore TCP sockets closed")
    .addOption(new Option("--manage-cgroups [mode]", "leave cgroups as they are: ignore").argParser(cgroupMode))
    .option("--timeout <seconds>", "how long a task may be in one call", seconds)
    .option("--trace <file>", "write a timeline for chrome://tracing");
  for (const { flags, support } of CRIU_OPTIONS) command.addOption(criuOption(flags, support));
  return command;
}

/** What the flags say, as a configuration. */
export function restoreConfig(flags: RestoreFlags): RestoreConfig {
  const given = {
    images: flags.imagesDir,
    detached: flags.restoreDetached,
    leaveStopped: flags.leaveStopped,
    pidfile: flags.pidfile === undefined ? undefined : inWorkDirectory(flags, flags.pidfile),
    skipFileRwxCheck: flags.skipFileRwxCheck,
    fileValidation: flags.fileValidation,
    fileLocks: flags.fileLocks,
    extUnixSockets: flags.extUnixSk === undefined ? undefined : true,
    tcpEstablished: flags.tcpEstablished,
    tcpClose: flags.tcpClose,
    timeout: flags.timeout,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A path that is relative to the work directory. */
export function inWorkDirectory({ workDir = "." }: RestoreFlags, file: string): string {
  return resolve(workDir, file);
}

function criuOption(flags: string, support: "dump" | "missing"): Option {
  const option = new Option(flags).hideHelp();
  if (support === "dump") return option;
  const name = option.long ?? flags;
  return option.argParser(() => refuse(name)).preset(true);
}

function refuse(name: string): never {
  throw new RestoreError("ERR_OPTION", `${name} is an option of CRIU that Restage does not have yet`);
}

function cgroupMode(mode: string): string {
  if (mode !== "ignore" && mode !== "none") refuse(`--manage-cgroups=${mode}`);
  return mode;
}

function verbosity(level: string): number {
  if (/^v+$/.test(level)) return Math.min(level.length + 1, HIGHEST_VERBOSITY);
  const number = Number(level);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("It is a number from 0 to 4");
  return number;
}

function seconds(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError("It is a number of seconds above 0");
  return number * 1000;
}
