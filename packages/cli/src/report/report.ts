import type { Plugin, RestoreError, RestoreEvent, RestoreListener } from "@restage/core";

/** One who tells what happens in a restore: to a person, a program, a file. */
export interface Reporter {
  /** For messages, when it cannot go on. */
  readonly name: string;
  readonly listener: RestoreListener;
  /** What it has to see besides events. */
  readonly plugins?: readonly Plugin[];
  /** The restore is over, one way or the other. */
  readonly end?: () => void;
}

/** All reporters as one. One that fails (a full disk) is heard no more; the restore goes on. */
export class Report {
  readonly #reporters: Set<Reporter>;
  #failed = false;

  constructor(reporters: readonly Reporter[]) {
    this.#reporters = new Set(reporters);
  }

  get plugins(): readonly Plugin[] {
    return [...this.#reporters].flatMap(({ plugins }) => plugins ?? []);
  }

  readonly listener = (event: RestoreEvent): void => {
    this.#failed ||= event.kind === "failed";
    for (const reporter of this.#reporters) this.#guard(reporter, () => reporter.listener(event));
  };

  /** For a failure before the stages, of which there has been no event. */
  fail(error: RestoreError): void {
    if (!this.#failed) this.listener({ kind: "failed", time: performance.now(), error, left: [] });
  }

  end(): void {
    for (const reporter of this.#reporters) {
      this.#guard(reporter, () => reporter.end?.());
      this.#reporters.delete(reporter);
    }
  }

  #guard(reporter: Reporter, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#reporters.delete(reporter);
      process.stderr.write(`Cannot write ${reporter.name}: ${(error as Error).message}\n`);
    }
  }
}
