import { RestoreError } from "../errors.ts";
import type { ProgramTarget } from "../program/program-target.ts";
import { NotStarted } from "./barrier.ts";
import { Task, type Thread } from "./task.ts";

interface ExpectedBirth {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
}

/** Tasks and threads that do not exist yet: each is settled when the program that forks it has run, or failed. */
export class Births {
  readonly #expected = new Map<ProgramTarget, ExpectedBirth>();

  expect(target: ProgramTarget): void {
    let resolve: () => void = () => {};
    let reject: (why: Error) => void = () => {};
    const promise = new Promise<void>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    promise.catch(() => {});
    this.#expected.set(target, { promise, resolve, reject });
  }

  has(target: ProgramTarget): boolean {
    return this.#expected.has(target);
  }

  /** Resolves when a target exists; undefined if it does already. Rejects with NotStarted when it never will. */
  of(target: ProgramTarget): Promise<void> | undefined {
    return this.#expected.get(target)?.promise;
  }

  announce(target: ProgramTarget): void {
    const birth = this.#expected.get(target);
    this.#expected.delete(target);
    birth?.resolve();
  }

  /** A target that should exist by now and does not would be waited for in vain. Throws ERR_DUTY_MISSING. */
  assertBorn(targets: readonly (Task | Thread)[]): void {
    const missing = targets.filter((target) => this.has(target));
    if (missing.length === 0) return;
    const names = missing.map(({ name }) => name).join(", ");
    throw new RestoreError("ERR_DUTY_MISSING", `No plugin has forked ${names}`);
  }

  /** A task has failed: what it was about to fork will never exist, and is not waited for. */
  cancel(task: Task): void {
    for (const target of [...task.threads, ...task.forks]) {
      this.#expected.get(target)?.reject(new NotStarted(`${target.name} was never forked`));
      if (target instanceof Task) this.cancel(target);
    }
  }
}
