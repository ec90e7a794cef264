import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { compile } from "../../support/compile.ts";
import { COMMAND } from "../../support/restage.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const HOOK = join(import.meta.dirname, "kill-at.cjs");
/** Forks have only one thread: V8 must not leave work to others, nor optimized WebAssembly, which the first option does not prevent. */
const V8 = ["--single-threaded", "--liftoff-only"];

/** How a command ended. */
export interface Ended {
  readonly killed: boolean;
  /** Its exit code; 0 if it was killed. */
  readonly status: number;
}

/**
 * The restage command, stopped before the first operation that changes anything. It can be repeated from there as often as wanted, each time killed before
 * another operation. Node starts only once.
 */
export class KillServer {
  readonly #process: ChildProcess;
  readonly #numbers: Writable;
  readonly #answers: AsyncIterator<string>;
  readonly #counted: string;
  #errors = "";

  /** @param words the command and its arguments. */
  constructor(words: readonly string[]) {
    const directory = temporaryDirectory("kill-server");
    this.#counted = join(directory, "count");
    const forkable = join(directory, "forkable.so");
    compile(join(import.meta.dirname, "forkable.c"), forkable, ["-shared", "-fPIC"]);
    this.#process = spawn(process.execPath, [...V8, "--require", HOOK, COMMAND, ...words], {
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, LD_PRELOAD: forkable, RESTAGE_KILL_SERVER: "1", RESTAGE_COUNT: this.#counted },
    });
    const [, , errors, numbers, answers] = this.#process.stdio;
    (errors as Readable).on("data", (text) => (this.#errors += text));
    this.#numbers = numbers as Writable;
    this.#answers = createInterface({ input: answers as Readable })[Symbol.asyncIterator]();
  }

  /** Runs the command without killing it. Returns how many operations it made. Throws if it fails. */
  async count(): Promise<number> {
    const { status } = await this.killBefore(0);
    if (status !== 0) throw new Error(this.#errors);
    return Number(readFileSync(this.#counted, "utf8"));
  }

  killBefore(operation: number): Promise<Ended> {
    return this.#run(String(operation));
  }

  /** Runs the command, and stops it (SIGSTOP) before an operation for six seconds. */
  stopBefore(operation: number): Promise<Ended> {
    return this.#run(`${operation} stop`);
  }

  /** Runs the command so that each of its waits takes about a hundred times as long. */
  runSlowly(): Promise<Ended> {
    return this.#run("0 slow");
  }

  async #run(line: string): Promise<Ended> {
    this.#numbers.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`The command ended by itself: ${this.#errors}`);
    const status = Number(value);
    return { killed: (status & 0x7f) === 9, status: (status & 0x7f) === 9 ? 0 : status >> 8 || status };
  }

  /** What the command has printed on standard error, in all its runs. */
  get errors(): string {
    return this.#errors;
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}

/** Removes what killed checkpoints have left: the next one, a copy of the same process, uses the same names. */
export function empty(images: string): void {
  for (const name of readdirSync(images)) rmSync(join(images, name), { recursive: true });
}
