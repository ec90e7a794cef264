import type { Plugin, RestoreError, RestoreEvent, RestoreListener } from "@restage/core";

/** Reports what happens in a restore: to a person, a program, or a file. */
export interface Reporter {
  /** Its name in messages, when it fails. */
  readonly name: string;
  readonly listener: RestoreListener;
  /** Plugins through which it sees more than events. */
  readonly plugins?: readonly Plugin[];
  /** Called when the restore is over, whatever its outcome. */
  readonly end?: () => void;
}

/** All reporters as one. A reporter that fails (a full disk) is dropped, and the restore goes on. */
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

  /** Reports a failure before the stages, which no event has reported. */
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
