import { testDump, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { intervalTimers as intervalTimersOfDump } from "../../src/timers/interval/dump.ts";
import { decodeTimer, encodeTimer } from "../../src/timers/interval/format.ts";
import { intervalTimers } from "../../src/timers/interval/restore.ts";

describe("interval timers", () => {
  it("are armed in COMPLETE, with the time that was left", async () => {
    const real = { isec: 1n, iusec: 2n, vsec: 3n, vusec: 4n };
    const prof = { isec: 5n, iusec: 0n, vsec: 0n, vusec: 0n };
    const lines = await testPlugin(intervalTimers(), { task: { pid: 7, core: { tc: { timers: { real, prof } } } } });
    const words = (...values: number[]) => Buffer.from(BigUint64Array.from(values.map(BigInt)).buffer).toString("hex");
    expect(lines).toEqual([
      `7 COMPLETE interval-timers: setitimer(0, [${words(1, 2, 3, 4)}], NULL)`,
      // It was about to expire: it gets the whole interval.
      `7 COMPLETE interval-timers: setitimer(2, [${words(5, 0, 5, 0)}], NULL)`,
    ]);
  });
});

describe("the format of interval timers", () => {
  it("is the same after a running timer was encoded and decoded", () => {
    const timer = { isec: 1n, iusec: 2n, vsec: 3n, vusec: 4n };
    expect(decodeTimer(encodeTimer(timer).bytes)).toEqual(timer);
  });
});

describe("a checkpoint", () => {
  it("asks every task for its three interval timers", async () => {
    const output = new Uint8Array(BigUint64Array.of(1n, 2n, 3n, 4n).buffer);
    const { context, queries } = await testDump(intervalTimersOfDump(), {
      task: { pid: 7, leader: { answers: { getitimer: { output } } } },
    });
    expect(queries.map((query) => query.split(",")[0])).toEqual(
      [0, 1, 2].map((n) => `7 interval-timers: getitimer(${n}`),
    );
    const timer = { isec: 1n, iusec: 2n, vsec: 3n, vusec: 4n };
    expect(context?.tree.root.core.timers).toEqual({ real: timer, virt: timer, prof: timer });
  });
});
