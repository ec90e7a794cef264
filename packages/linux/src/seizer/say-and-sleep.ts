import { SIGSET_SIZE } from "../abi/signal.ts";
import type { Step } from "../program/program.ts";
import { addressOf, dataOf } from "../program/steps.ts";

/**
 * The last steps of a thread that waits for this process: it sets a word of its memory to 1, and sleeps until it is stopped. The sleep ends when its tracer
 * dies, and does not make the kernel forget another one from which the thread was taken.
 *
 * @param milliseconds the longest time.
 */
export function sayAndSleep(word: number, milliseconds: number): readonly Step[] {
  const none = addressOf(words(0n));
  const timeout = addressOf(words(BigInt(Math.floor(milliseconds / 1000)), BigInt((milliseconds % 1000) * 1_000_000)));
  return [
    { kind: "copy", to: word, from: dataOf(new Uint8Array([1, 0, 0, 0])) },
    { kind: "syscall", name: "rt_sigtimedwait", args: [none, 0, timeout, SIGSET_SIZE], allowed: "any" },
  ];
}

function words(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}
