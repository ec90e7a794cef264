import { createRestoreHooks, ImageSet, readTree } from "@restage/core/restore";
import { checkpointInMemory } from "@restage/core/testing";
import { expect, it } from "vitest";
import { checkPids } from "../src/check/pids.ts";

function findingsFor(pid: number, threads: readonly number[] = []) {
  const task = { pid, threads: threads.map((tid) => ({ tid })) };
  return [...checkPids(readTree(new ImageSet(checkpointInMemory({ task }), createRestoreHooks())))];
}

it("a pid in use is reported with its holder", () => {
  expect(findingsFor(process.pid)).toEqual([
    {
      severity: "refused",
      what: `pid ${process.pid}`,
      pid: process.pid,
      plugin: "check",
      why: expect.stringMatching(`it is in use by .*process ${process.pid}`),
      hint: "end it, wait until it is gone, or use --new-pid-namespace",
    },
  ]);
});

it("a thread ID that is in use or too large is reported", () => {
  const [first, second] = findingsFor(process.pid, [2 ** 30]);
  expect(first?.what).toBe(`pid ${process.pid}`);
  expect(second?.why).toMatch(/^the largest pid here is \d+$/);
});
