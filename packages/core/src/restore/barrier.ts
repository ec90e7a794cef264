import { asRestoreError, joinFailures, RestoreError } from "../errors.ts";
import type { Stage } from "./stages.ts";

/** Why a participant never began: its parent, or the program that should have created it, failed. Not reported as a failure of its own. */
export class NotStarted extends Error {
  override readonly name = "NotStarted";
}

/** A task or thread that must confirm a stage. */
export interface Participant {
  readonly name: string;
  readonly pid: number;
  readonly tid?: number | undefined;
  /** The plugin whose tap is running, for the message when it does not settle. */
  readonly plugin: () => string | undefined;
}

/**
 * How long the others have after one has failed, in milliseconds: enough to fail too, and be reported. Some would wait forever for something that the
 * failed one should have sent.
 */
const GRACE = 1000;

/**
 * Waits until every participant has confirmed a stage, and collects all failures, not only the first. Names those that have not confirmed when the
 * time is up.
 */
export class Barrier {
  readonly #stage: Stage;
  readonly #limit: number;
  readonly #waiting = new Set<Participant>();
  readonly #failures: RestoreError[] = [];
  readonly #confirmations: Promise<void>[] = [];
  #giveUp: () => void = () => {};
  #grace: ReturnType<typeof setTimeout> | undefined;

  /** @param limit of a single call, in milliseconds. */
  constructor(stage: Stage, limit: number) {
    this.#stage = stage;
    this.#limit = limit;
  }

  /** Adds a participant, which confirms when its work settles. Can be called while others are waited for. */
  add(participant: Participant, work: Promise<void>): void {
    this.#waiting.add(participant);
    this.#confirmations.push(
      work.then(
        () => void this.#waiting.delete(participant),
        (error: unknown) => {
          this.#waiting.delete(participant);
          if (error instanceof NotStarted) return;
          const { pid, tid } = participant;
          const plugin = participant.plugin();
          this.#failures.push(asRestoreError(error, { stage: this.#stage.name, pid, tid, plugin }));
          this.#grace ??= setTimeout(() => this.#giveUp(), GRACE);
        },
      ),
    );
  }

  /** Resolves when all have confirmed; rejects with all failures. */
  async confirmed(): Promise<void> {
    let done = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late" | "failed">((resolve) => {
      this.#giveUp = () => resolve("failed");
      let seen = -1;
      const check = () => {
        if (seen === this.#waiting.size) resolve("late");
        else {
          seen = this.#waiting.size;
          // Longer than any single call may take, so that the kernel is first to name a task that hangs, with its call.
          timer = setTimeout(check, this.#limit * 2);
        }
      };
      check();
    });
    try {
      // A participant can add others (a task its threads): repeat until none was added.
      while (done < this.#confirmations.length) {
        const batch = this.#confirmations.slice(done);
        done = this.#confirmations.length;
        const settled = await Promise.race([Promise.all(batch), late]);
        if (settled === "late") this.#reportLate();
        if (settled === "late" || settled === "failed") break;
      }
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#grace);
    }
    if (this.#failures.length > 0) throw joinFailures(this.#failures, this.#stage.name);
  }

  #reportLate(): void {
    for (const { name, pid, tid, plugin } of this.#waiting) {
      const tap = plugin();
      const where = tap === undefined ? "" : `: the tap of ${tap} has not settled`;
      const message = `Cannot leave ${this.#stage.name}: ${name} has not confirmed it within ${this.#limit} ms${where}`;
      this.#failures.push(
        new RestoreError("ERR_TASK_STUCK", message, { stage: this.#stage.name, pid, tid, plugin: tap }),
      );
    }
  }
}
