import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a condition holds. Fails with what it waited for when that takes too long. */
export async function until(condition: () => boolean, what: string, milliseconds = 60_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited ${milliseconds} ms in vain until ${what}`);
    await sleep(20);
  }
}
