import type { SystemError } from "@restage/linux";
import { ERRNO, errnoName, errnoText, taskName } from "@restage/linux/abi";
import type { PhaseName } from "./dump/phases.ts";
import { framesOf } from "./plugin/stack.ts";
import type { StageName } from "./restore/stages.ts";

/** What each code means and what to do about it: the source of `docs/errors.md`. */
export const ERRORS = {
  ERR_COMPLETE: {
    meaning:
      "The restore or checkpoint failed after the commit point: tasks have resumed, or ended, and nothing can be rolled back.",
    remedy: "The message says which tasks run. End them, fix the cause, and restore again.",
  },
  ERR_CONFIG: {
    meaning: "The configuration file, or a plugin it names, cannot be used.",
    remedy: "Fix the file that the message names; `defineConfig` gives completion and checks types.",
  },
  ERR_DUTY_CLAIMED: {
    meaning: "Two plugins claim one duty.",
    remedy:
      "Remove one of them from `plugins`. A plugin replaces a default by claiming its duty, but only one plugin can.",
  },
  ERR_DUTY_MISSING: {
    meaning:
      "A plugin needs a duty or a service that no plugin provides, or no plugin did something that every restore needs.",
    remedy:
      "Add a plugin that claims the duty, or remove the one that needs it. A plugin that replaces a default must do everything the default did.",
  },
  ERR_IMAGE: {
    meaning: "An image of the checkpoint is missing or damaged, or contradicts another one.",
    remedy: "Make the checkpoint again, or copy it again from its origin.",
  },
  ERR_KERNEL: {
    meaning: "This process cannot control other processes on this machine.",
    remedy: "`restage check` lists what is missing.",
  },
  ERR_OPTION: {
    meaning: "An option is unknown, has a bad value, or is an option of CRIU that Restage does not support yet.",
    remedy: "`restage help COMMAND` lists the options.",
  },
  ERR_ORDER: {
    meaning: "An order to the hosts of a fleet failed, or cannot be given.",
    remedy: "The message says why. `restage fleet logs ORDER` shows what each host did.",
  },
  ERR_PID_TAKEN: {
    meaning:
      "A pid of the checkpoint was taken while the restore ran, or is still in use after `--pid-policy wait` has waited.",
    remedy: "End the holder that the message names, or use `--pid-policy new-namespace`.",
  },
  ERR_PLUGIN: {
    meaning: "A plugin failed: one of its taps threw an error, or misused the interface.",
    remedy:
      "The message names the plugin and the stage or phase. If it is a default plugin, report the failure with the output of `-v4`.",
  },
  ERR_REFUSED: {
    meaning:
      "The checkpoint cannot be restored here, or the tree cannot be checkpointed. Nothing has been changed; all findings are listed.",
    remedy: "Each finding says what would help.",
  },
  ERR_SELF_CHECK: {
    meaning:
      "The images of a checkpoint were complete, but no restore could use them. No checkpoint was made, and the tree resumed unchanged.",
    remedy:
      "The message says what is wrong with which image. It is a fault of Restage or of the storage. `--no-self-check` makes the checkpoint anyway.",
  },
  ERR_STAGE: {
    meaning: "Several participants of one stage failed; all failures are listed.",
    remedy: "Each failure has its own code and remedy.",
  },
  ERR_STORE: {
    meaning: "A store of checkpoints cannot be reached, refuses something, or is damaged.",
    remedy: "The message says which. A push or pull that was interrupted continues where it was when it is repeated.",
  },
  ERR_SYSCALL: {
    meaning: "A system call failed, in a task or in the coordinator.",
    remedy: "The message shows the call with its arguments and errno, and often a hint.",
  },
  ERR_TAP_ORDER: {
    meaning: "A tap is ordered before a tap that does not exist, or by a bare number.",
    remedy: "Name an existing tap of that hook in `before`; the message lists them.",
  },
  ERR_TASK_DIED: {
    meaning: "A task ended while it was being restored.",
    remedy: "If it was killed from outside, restore again. The kernel's log shows out-of-memory kills.",
  },
  ERR_TASK_STUCK: {
    meaning: "A task did not confirm its stage in time, or a plugin's tap did not settle in time.",
    remedy: "The message names the duty and the current call. `--timeout` allows more time.",
  },
  ERR_TEMPLATE: {
    meaning: "A template of clones cannot be made, or cannot make this clone.",
    remedy: "The message says why. Without a template, the checkpoint may be restorable.",
  },
  ERR_UNDO: {
    meaning: "After a failure, something could not be undone.",
    remedy: "Remove what the message names by hand.",
  },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** A system call that failed, as printed, with its errno (positive). */
export interface FailedSyscall {
  readonly name: string;
  readonly printed: string;
  readonly errno: number | undefined;
}

/** Where a failure happened, and what is known about it. */
export interface ErrorContext {
  readonly stage?: StageName | undefined;
  /** The phase of a checkpoint. */
  readonly phase?: PhaseName | undefined;
  /** Pid of the task in the checkpoint. */
  readonly pid?: number | undefined;
  /** The name of the task's command. */
  readonly comm?: string | undefined;
  readonly tid?: number | undefined;
  /** The plugin, named by the duty that it claims, if any. */
  readonly plugin?: string | undefined;
  readonly syscall?: FailedSyscall | undefined;
  /** The image and the entry that it is about, for example `files.img: reg 3`. */
  readonly entry?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** The tap that threw it. */
  readonly thrownBy?: ThrowingTap | undefined;
  /** Whether the restore was rolled back: no task is left. */
  readonly rolledBack?: boolean | undefined;
  readonly failures?: readonly RestoreError[] | undefined;
  readonly cause?: unknown;
}

/** What is known about a failure, without other errors. */
type Details = Omit<ErrorContext, "failures" | "cause">;

/** The part of a plugin that threw an error. */
export interface ThrowingTap {
  /** The plugin's own name. */
  readonly name: string;
  /** The hook, `apply`, `dump`, or a method of a service. */
  readonly hook: string;
  /** File and line in the plugin, where the stack tells. */
  readonly place: string | undefined;
}

/** A failure as data, as `--json` prints it. */
export interface RestoreErrorData extends Omit<Details, "plugin" | "syscall" | "thrownBy"> {
  readonly code: ErrorCode;
  readonly message: string;
  /** The plugin, named by the duty that it claims, if any. */
  readonly duty?: string | undefined;
  readonly thrownBy?: (ThrowingTap & { readonly stack: readonly string[] | undefined }) | undefined;
  /** The name of the call, the call with its arguments, and the name of its errno. */
  readonly syscall?: { readonly name: string; readonly call: string; readonly errno: string | undefined } | undefined;
  readonly failures?: readonly RestoreErrorData[] | undefined;
}

/**
 * A failure of a restore or a checkpoint: a code, and where it happened. `message` is one line that says what failed; `describe()` adds
 * the rest.
 */
export class RestoreError extends Error implements Details {
  /** Also true for errors of another copy of this module: the command's code for checkpoints has its own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "RestoreError" && "code" in value && "failures" in value;
  }

  override readonly name = "RestoreError";
  readonly code: ErrorCode;
  readonly stage: StageName | undefined;
  readonly phase: PhaseName | undefined;
  readonly pid: number | undefined;
  readonly comm: string | undefined;
  readonly tid: number | undefined;
  readonly plugin: string | undefined;
  readonly syscall: FailedSyscall | undefined;
  readonly entry: string | undefined;
  readonly hint: string | undefined;
  readonly thrownBy: ThrowingTap | undefined;
  readonly rolledBack: boolean | undefined;
  readonly failures: readonly RestoreError[];
  /** Those that are known. */
  readonly #details: Details;

  constructor(code: ErrorCode, message: string, { cause, failures = [], ...details }: ErrorContext = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.failures = failures;
    this.#details = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
    Object.assign(this, this.#details);
  }

  /** The same failure, with details added that were not known where it was thrown. */
  within(context: ErrorContext): RestoreError {
    const isOfSameTask = this.pid === undefined || this.pid === context.pid;
    const comm = this.comm ?? (isOfSameTask ? context.comm : undefined);
    const { failures, cause } = this;
    return this.#with({ ...context, ...this.#details, comm, failures, cause });
  }

  /** The same failure, in which it and its failures name the commands of their tasks. */
  namingTasks(commOf: (pid: number) => string | undefined): RestoreError {
    const comm = this.comm ?? (this.pid === undefined ? undefined : commOf(this.pid));
    const failures = this.failures.map((failure) => failure.namingTasks(commOf));
    return this.#with({ ...this.#details, comm, failures, cause: this.cause });
  }

  #with(context: ErrorContext): RestoreError {
    const whole = new RestoreError(this.code, this.message, context);
    // Of where it was thrown, not of where it passed.
    if (this.stack !== undefined) whole.stack = this.stack;
    return whole;
  }

  /** One line: the message, and the plugin, hook, file and line that threw it. */
  get summary(): string {
    if (this.thrownBy === undefined) return this.message;
    const { name, hook, place } = this.thrownBy;
    return `${this.message} (plugin ${name}, ${hook}${place === undefined ? "" : `, ${place}`})`;
  }

  /** The stack of what a plugin threw, without its message; undefined for errors that no plugin threw. */
  get pluginStack(): readonly string[] | undefined {
    if (this.thrownBy === undefined) return undefined;
    const stack = this.cause instanceof Error ? this.cause.stack : this.stack;
    return framesOf(stack);
  }

  /**
   * Everything that is known, on several lines, without colors.
   *
   * @param stack whether the stack of what a plugin threw is part of it
   */
  describe({ stack = false }: { readonly stack?: boolean } = {}): string {
    const lines = [`${this.code}: ${this.summary}`];
    const place = [
      this.stage === undefined ? undefined : `stage ${this.stage}`,
      this.phase === undefined ? undefined : `phase ${this.phase}`,
      this.pid === undefined ? undefined : taskName(this.pid, this.comm),
      this.tid === undefined || this.tid === this.pid ? undefined : `thread ${this.tid}`,
      this.#unnamedPlugin(),
    ].filter((part) => part !== undefined);
    if (place.length > 0) lines.push(`  in ${place.join(", ")}`);
    if (this.syscall !== undefined) {
      const { printed, errno } = this.syscall;
      lines.push(`  call ${printed}${errno === undefined ? "" : ` = ${errnoText(errno)}`}`);
    }
    const image = this.#unnamedImage();
    if (image !== undefined) lines.push(`  ${image}`);
    for (const failure of this.failures)
      lines.push(
        ...failure
          .describe({ stack })
          .split("\n")
          .map((line) => `  ${line}`),
      );
    if (this.rolledBack === true) lines.push("  rolled back: no task is left");
    if (this.hint !== undefined) lines.push(`  hint: ${this.hint}`);
    if (stack) for (const frame of this.pluginStack ?? []) lines.push(`    ${frame}`);
    return lines.join("\n");
  }

  /** The plugin, as far as the first line does not name it. A name other than its own is that of its duty. */
  #unnamedPlugin(): string | undefined {
    if (this.plugin === undefined || this.plugin === this.thrownBy?.name) return undefined;
    return `${this.thrownBy === undefined ? "plugin" : "duty"} ${this.plugin}`;
  }

  /** The image and the entry, as far as the message does not name them. */
  #unnamedImage(): string | undefined {
    if (this.entry === undefined) return undefined;
    const [file = "", entry] = this.entry.split(": ");
    if (!this.message.includes(file)) return `image ${this.entry}`;
    return entry === undefined || this.message.includes(entry) ? undefined : entry;
  }

  /** The failure as data, for `--json`. */
  toJSON(): RestoreErrorData {
    const { plugin: duty, syscall: call, thrownBy: tap, ...details } = this.#details;
    const errno = call?.errno === undefined ? undefined : errnoName(call.errno);
    const syscall = call === undefined ? undefined : { name: call.name, call: call.printed, errno };
    const thrownBy = tap === undefined ? undefined : { ...tap, stack: this.pluginStack };
    const failures = this.failures.length === 0 ? undefined : this.failures.map((failure) => failure.toJSON());
    return { code: this.code, message: this.message, duty, thrownBy, syscall, ...details, failures };
  }

  /** The reverse of `toJSON`: a failure that another process has reported. */
  static fromJSON(data: RestoreErrorData): RestoreError {
    const { code, message, duty: plugin, syscall: call, failures, ...rest } = data;
    const errno = call?.errno === undefined ? undefined : ERRNO[call.errno as keyof typeof ERRNO];
    const syscall = call === undefined ? undefined : { name: call.name, printed: call.call, errno };
    const own = failures?.map((failure) => RestoreError.fromJSON(failure));
    return new RestoreError(code, message, { ...rest, plugin, syscall, failures: own });
  }
}

/** Any thrown value as a RestoreError: a system call that failed stays one, and others become the plugin's failure. */
export function asRestoreError(error: unknown, context: ErrorContext): RestoreError {
  if (error instanceof RestoreError) return error.within(context);
  const message = messageWithCauses(error);
  if (isSystemError(error)) {
    const { syscall: name, errno } = error;
    const syscall = { name, printed: `${name}()`, errno };
    return new RestoreError("ERR_SYSCALL", message, { ...context, syscall, thrownBy: undefined, cause: error });
  }
  return new RestoreError("ERR_PLUGIN", message, { ...context, cause: error });
}

/** The message of an error with those of its causes: fetch(), for example, says only there why it failed. */
export function messageWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An AggregateError of several attempts to connect has only a code.
  const message = error.message === "" ? String((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
  const why = error.cause instanceof Error ? messageWithCauses(error.cause) : "";
  return message.includes(why) ? message : `${message}: ${why}`;
}

/** Whether it is a SystemError: this package imports only types of the one that throws them. */
export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && error.name === ("SystemError" satisfies SystemError["name"]);
}

/** Returns a single failure as it is, and several as one that lists them. */
export function joinFailures(failures: readonly RestoreError[], stage: StageName): RestoreError {
  const [first] = failures;
  if (failures.length === 1 && first !== undefined) return first;
  return new RestoreError("ERR_STAGE", `Cannot leave ${stage}: ${failures.length} participants failed`, {
    stage,
    failures,
  });
}
