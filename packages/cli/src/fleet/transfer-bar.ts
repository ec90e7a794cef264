import { bar } from "../report/bar.ts";
import { CLEAR, isTerminal } from "../report/terminal.ts";

const MIB = 1024 * 1024;
const INTERVAL = 100;

/** Draws the progress of a push or a pull on a terminal. */
export class TransferBar {
  readonly #isShown: boolean = isTerminal(2);
  #drawn = 0;

  readonly listener = ({ done, total }: { readonly done: number; readonly total: number }): void => {
    const now = performance.now();
    if (!this.#isShown || now - this.#drawn < INTERVAL) return;
    this.#drawn = now;
    const numbers = `${Math.round(done / MIB)} of ${Math.round(total / MIB)} MiB`;
    process.stderr.write(`\r${bar(done, total)} ${numbers}${CLEAR}`);
  };

  end(): void {
    if (this.#drawn > 0) process.stderr.write(`\r${CLEAR}`);
  }
}
