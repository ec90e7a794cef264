import { CHECKPOINT_COMMAND_OPTIONS } from "./options/checkpoint-options.ts";
import type { Option } from "./options/option.ts";
import { CHECKPOINT_OPTIONS, RESTORE_OPTIONS } from "./options/restore-options.ts";
import type { Settings } from "./options/settings.ts";

export interface Command {
  readonly says: string;
  /** What it may be given beside options, for `--help`. */
  readonly operand?: string;
  readonly options: readonly Option[];
  /** More for `--help`. */
  readonly help?: string;
  /** Does it; gives the exit code. */
  readonly run: (settings: Settings, operand: string | undefined) => Promise<number>;
}

const RESTORE_HELP =
  "Exit codes: 0 restored, 1 failed and everything undone, 2 bad usage or configuration, 3 failed after the commit point: the message says " +
  "what runs.";

const CHECKPOINT: Command = {
  says: "make a checkpoint of a process and its descendants",
  operand: "[PID]",
  options: CHECKPOINT_COMMAND_OPTIONS,
  help:
    "The tree is killed when its images are complete, unless it is to go on. When anything fails it goes on as if nothing had been. Exit " +
    "codes: 0 made, 1 failed, 2 bad usage.",
  run: async (settings, pid) => (await import("./commands/checkpoint.ts")).checkpointCommand(settings, pid),
};

/** What each needs is loaded when it is called: start-up time is part of a restore. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  restore: {
    says: "restore a checkpoint",
    options: RESTORE_OPTIONS,
    help: RESTORE_HELP,
    run: async (settings) => (await import("./commands/restore.ts")).restoreCommand(settings),
  },
  plan: {
    says: "print what each task would do, stage by stage, touching nothing",
    options: RESTORE_OPTIONS,
    run: async (settings) => (await import("./commands/plan.ts")).planCommand(settings),
  },
  check: {
    says: "say all that stands against a restore on this machine",
    options: RESTORE_OPTIONS,
    help: "Without a checkpoint it looks at the machine alone. Exit codes: 0 nothing does, 1 something does.",
    run: async (settings) => (await import("./commands/check.ts")).checkCommand(settings),
  },
  checkpoint: CHECKPOINT,
  dump: { ...CHECKPOINT, says: "the same under the name that CRIU gives it" },
  inspect: {
    says: "show a checkpoint's tasks, files and memory, or decode one of its images",
    operand: "[IMAGE]",
    options: CHECKPOINT_OPTIONS,
    run: async (settings, image) => (await import("./commands/inspect.ts")).inspectCommand(settings, image),
  },
};
