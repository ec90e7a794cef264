import { errnoText } from "../abi/errno.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import type { Program } from "../program/program.ts";
import type { Ptrace } from "../tracee/ptrace.ts";
import { Janitor } from "./janitor.ts";

/** The undos of a restore on the host, kept by a janitor. It is started with the first undo, because most restores need none. */
export class UndoLog {
  readonly #raw: RawSyscalls;
  readonly #ptrace: Ptrace;
  #janitor: Janitor | undefined;

  constructor(raw: RawSyscalls, ptrace: Ptrace) {
    this.#raw = raw;
    this.#ptrace = ptrace;
  }

  /** Registers an undo. Returns a function that cancels it. */
  push(steps: Program): () => void {
    this.#janitor ??= new Janitor(this.#raw, this.#ptrace);
    return this.#janitor.push(steps);
  }

  /** Whether no undo was ever registered. */
  get isEmpty(): boolean {
    return this.#janitor === undefined;
  }

  /** Cancels all undos at once. If this process is killed from now on, these steps run instead. */
  replace(steps: Program): void {
    if (this.#janitor === undefined) this.push(steps);
    else this.#janitor.replace(steps);
  }

  /** Undoes everything, newest first. Returns a text for each step that failed. */
  run(): readonly string[] {
    const failed = this.#janitor?.run() ?? [];
    this.#janitor = undefined;
    return failed.map((step) => `${step.name}() failed: ${errnoText(-(step.result ?? 0))}`);
  }

  /** Cancels all undos. */
  dismiss(): void {
    this.#janitor?.dismiss();
    this.#janitor = undefined;
  }
}
