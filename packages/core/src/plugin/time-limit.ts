import type { RestoreError } from "../errors.ts";

/**
 * How long a tap has to settle by itself once its signal has fired, in milliseconds: enough for its own error, which says more than that it was too
 * slow.
 */
const GRACE = 500;

/** The time that each wait for plugins has, and the signal that tells them when it is over. */
export class TimeLimit {
  readonly milliseconds: number;
  readonly #ended = new AbortController();

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  /** Fires when a limit passes, or when the restore or checkpoint has failed. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Tells plugins to stop waiting. */
  end(reason: unknown): void {
    this.#ended.abort(reason);
  }

  /**
   * Waits for work of the coordinator, but not forever.
   *
   * @param late makes the error for work that has not settled in time.
   */
  async within<T>(work: Promise<T>, late: (limit: string) => RestoreError): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      const wait = (milliseconds: number, then: () => void) => {
        const due = performance.now() + milliseconds;
        timer = setTimeout(() => {
          // A tap that computed for so long, or a machine so busy, that nothing else ran: that is not waiting.
          const busy = performance.now() - due > milliseconds / 2;
          if (busy) wait(milliseconds, then);
          else then();
        }, milliseconds);
      };
      wait(this.milliseconds, () => {
        const error = late(`${this.milliseconds} ms`);
        this.end(error);
        timer = setTimeout(() => reject(error), GRACE);
      });
    });
    try {
      return await Promise.race([work, limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}
