import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** A shell script that answers each line with the number of lines so far, which it keeps in its memory. */
export const ANSWER = 'n=0; while read line; do n=$((n+1)); echo "line $n"; done';

/** A client that stays connected to a server: a program that passes its input to the server, and prints the answers. It ends with the test. */
export class LineClient {
  readonly #process;
  readonly #answers;

  constructor(...[program = "", ...words]: readonly string[]) {
    this.#process = spawn(program, words, { stdio: ["pipe", "pipe", "ignore"] });
    onTestFinished(() => void this.#process.kill("SIGKILL"));
    this.#answers = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  /** Sends a line. Returns the answer. */
  async ask(): Promise<string | undefined> {
    this.#process.stdin.write("hello\n");
    return (await this.#answers.next()).value;
  }
}
