import { expect, it, vi } from "vitest";
import { SaveProgress } from "../src/dump/save-progress.ts";
import type { DumpEvent } from "../src/events.ts";

it("memory is counted over all tasks, and told only from time to time", () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(1000);
  const told: DumpEvent[] = [];
  const seen: number[] = [];
  const progress = new SaveProgress((event) => void told.push(event));
  const task = () => {
    const content = { file: 3, seen: ({ length }: Uint8Array) => void seen.push(length) };
    return progress.of({ content, add() {}, close() {} }).content;
  };
  const [first, second] = [task(), task()];
  first.seen(new Uint8Array(10));
  now.mockReturnValue(1100);
  second.seen(new Uint8Array(20));
  first.seen(new Uint8Array(30));
  now.mockReturnValue(1250);
  first.seen(new Uint8Array(40));
  now.mockRestore();
  expect(told).toEqual([
    { kind: "memory", time: 1100, bytes: 30 },
    { kind: "memory", time: 1250, bytes: 100 },
  ]);
  expect(seen).toEqual([10, 20, 30, 40]);
  expect(first.file).toBe(3);
});
