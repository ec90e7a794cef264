import { expect, it } from "vitest";
import { type ModuleResult, summaryLine } from "./plain-summary-reporter.ts";

function moduleOf(states: readonly string[], errors: readonly unknown[] = []): ModuleResult {
  const tests = states.map((state) => ({ result: () => ({ state }) }));
  return { errors: () => errors, children: { allTests: () => tests } };
}

it("counts tests, and failures outside of tests", () => {
  const modules = [
    moduleOf(["passed", "failed", "skipped"]),
    moduleOf(["passed", "pending"]),
    moduleOf([], [new Error()]),
  ];
  expect(summaryLine(modules, 2)).toBe("2 passed, 4 failed, 2 skipped");
});

it("counts nothing as nothing", () => {
  expect(summaryLine([], 0)).toBe("0 passed, 0 failed, 0 skipped");
});
