import { describe, expect, it } from "vitest";
import { kernel, stub, there } from "./driven-kernel.ts";
import { addressOf, call, data } from "./steps.ts";
import { needing } from "./support.ts";

const MILLISECOND = 1_000_000n;

describe.skipIf(!there)(needing(there, "the end of a program", "Linux on x86_64"), () => {
  it("wakes the coordinator", async () => {
    const { raw } = kernel;
    const woken: boolean[] = [];
    const sleepOn = raw.sleepOn.bind(raw);
    raw.sleepOn = (...args) => {
      const result = sleepOn(...args);
      woken.push(result);
      return result;
    };
    const pause = data(new Uint8Array(new BigUint64Array([0n, 20n * MILLISECOND]).buffer));
    // A program can also end between two sleeps.
    for (let run = 0; run < 20 && !woken.includes(true); run++)
      await kernel.run(stub.tracee, [call("nanosleep", addressOf(pause), 0)]);
    expect(woken).toContain(true);
  });
});
