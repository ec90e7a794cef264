import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { RestoreError, type RestoreErrorData } from "@restage/core";
import { reason } from "../reason.ts";
import { isObject } from "../values.ts";
import { awaitEnd, type ProcessId, startOf } from "./processes.ts";

/** What `restage` is asked to run. It writes to files, so that it goes on when the agent ends, and the next agent learns how it ended. */
export interface CommandRequest {
  /** The program and its arguments. */
  readonly words: readonly string[];
  /** Variables that the command and its plugins find. */
  readonly environment: Readonly<Record<string, string>>;
  /** The directory for what it prints. */
  readonly directory: string;
  /** Is told which process it is, at once. */
  readonly onStart: (id: ProcessId) => void;
  /** For how many milliseconds it can run. The time that its questions take does not count. */
  readonly limit: number;
  /** Answers the command, which asks before its tree runs or ends. */
  readonly confirm?: Confirm;
  readonly onEvent?: (event: CommandEvent) => void;
}

/** A line that `restage --json` prints. */
export type CommandEvent = Readonly<Record<string, unknown>>;

/** Answers a question of a command in one word. A failure is a `no`. */
export type Confirm = (question: CommandEvent) => Promise<string>;

const OUTPUT = "output";
const ERRORS = "errors";
/** The descriptor by which a command asks whether a tree can run or end. */
export const CONFIRM_FD = 3;
const INTERVAL = 100;

/** Runs a command until it ends. Returns everything that it printed. Throws ERR_ORDER if it does not start. */
export async function runCommand(request: CommandRequest): Promise<Outcome> {
  const { words, environment, directory, onStart, limit, confirm, onEvent = () => {} } = request;
  const [program = "", ...rest] = words;
  const output = openSync(join(directory, OUTPUT), "w", 0o600);
  const errors = openSync(join(directory, ERRORS), "w", 0o600);
  const child = spawn(program, rest, {
    cwd: "/",
    env: { ...process.env, ...environment },
    // Keys and signals that end the agent do not end it.
    detached: true,
    stdio: ["ignore", output, errors, confirm === undefined ? "ignore" : "pipe"],
  });
  closeSync(output);
  closeSync(errors);
  const ended = new Promise<void>((resolve, reject) => {
    child.once("exit", () => resolve());
    child.once("error", (cause) => {
      reject(new RestoreError("ERR_ORDER", `Cannot start ${program}: ${reason(cause)}`, { cause }));
    });
  });
  const start = child.pid === undefined ? undefined : startOf(child.pid);
  if (child.pid !== undefined && start !== undefined) onStart({ pid: child.pid, start });
  // A tree is unharmed when the command that saves or restores it is killed.
  const time = new Timer(limit, () => child.kill("SIGKILL"));
  if (confirm !== undefined)
    answer(child.stdio[CONFIRM_FD] as Duplex, (question) => time.without(() => confirm(question)));
  const tail = new Tail(join(directory, OUTPUT), onEvent);
  const timer = setInterval(() => tail.read(), INTERVAL);
  try {
    await ended;
  } finally {
    time.stop();
    clearInterval(timer);
    tail.read();
    tail.close();
  }
  return readOutcome(directory, time.isOver);
}

/** Calls a function once, when a time is over. */
class Timer {
  readonly #act: () => void;
  #left: number;
  #started = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  isOver = false;

  constructor(milliseconds: number, act: () => void) {
    this.#left = milliseconds;
    this.#act = () => {
      this.isOver = true;
      act();
    };
    this.#start();
  }

  /** Waits for work whose time does not count. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    this.#left -= performance.now() - this.#started;
    try {
      return await work();
    } finally {
      if (!this.#isStopped) this.#start();
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#started = performance.now();
    this.#timer = setTimeout(this.#act, this.#left);
  }
}

/** Reads the lines that a command adds to a file. */
class Tail {
  readonly #file: number;
  readonly #onEvent: (event: CommandEvent) => void;
  #rest = "";

  constructor(file: string, onEvent: (event: CommandEvent) => void) {
    this.#file = openSync(file, "r");
    this.#onEvent = onEvent;
  }

  read(): void {
    const lines = (this.#rest + readFileSync(this.#file, "utf8")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const event of lines.flatMap(parseEvent)) this.#onEvent(event);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Waits for a command that an earlier agent started, for no longer than a limit. */
export async function awaitCommand(id: ProcessId, directory: string, limit: number): Promise<Outcome> {
  const isLate = !(await awaitEnd(id, limit));
  return readOutcome(directory, isLate);
}

/** Answers questions, one line each. */
function answer(socket: Duplex, confirm: Confirm): void {
  socket.on("error", () => {});
  createInterface(socket).on("line", async (line) => {
    // A command that was killed can leave a part of a line.
    const [question] = parseEvent(line);
    if (question !== undefined) socket.write(`${await confirm(question).catch(() => "no")}\n`);
  });
}

/** What a command has printed. */
export class Outcome {
  readonly events: readonly CommandEvent[];
  /** Whether it was killed when its time was over. */
  readonly isLate: boolean;
  readonly #errors: string;

  constructor(output: string, errors: string, isLate: boolean) {
    this.isLate = isLate;
    this.events = output.split("\n").flatMap(parseEvent);
    this.#errors = errors.trim();
  }

  has(kind: string): boolean {
    return this.events.some((event) => event["kind"] === kind);
  }

  /** The error that it reported, as JSON. */
  get error(): RestoreErrorData | undefined {
    const error = this.events.findLast((event) => isObject(event["error"]))?.["error"];
    return isObject(error) ? (error as unknown as RestoreErrorData) : undefined;
  }

  /** The same, or what is known of a command that ended without a word. */
  get failure(): RestoreErrorData {
    if (this.error !== undefined) return this.error;
    if (this.isLate) {
      const hint = "see what it waits for; `restage agent --limit SECONDS` gives commands more time";
      return new RestoreError("ERR_ORDER", "restage did not end in time", { hint }).toJSON();
    }
    const last = this.#errors.split("\n").at(-1);
    const message = `restage ended without a result${last === "" ? "" : `: ${last}`}`;
    return new RestoreError("ERR_ORDER", message).toJSON();
  }
}

/** A command that was killed can leave a part of a line. */
function parseEvent(line: string): readonly CommandEvent[] {
  try {
    const event: unknown = JSON.parse(line);
    return isObject(event) ? [event] : [];
  } catch {
    return [];
  }
}

function readOutcome(directory: string, isLate: boolean): Outcome {
  const read = (name: string) => {
    try {
      return readFileSync(join(directory, name), "utf8");
    } catch {
      return "";
    }
  };
  return new Outcome(read(OUTPUT), read(ERRORS), isLate);
}
