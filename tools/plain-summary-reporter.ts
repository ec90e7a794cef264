import { writeSync } from "node:fs";
import type { Reporter } from "vitest/node";

/** The part of vitest's test modules that this reporter reads. */
export interface ModuleResult {
  errors(): readonly unknown[];
  readonly children: { allTests(): Iterable<{ result(): { readonly state: string } }> };
}

/** Prints `N passed, N failed, N skipped` as the very last line. Each error outside of a test counts as a failure. */
export default class PlainSummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly ModuleResult[], unhandledErrors: readonly unknown[]): void {
    const line = summaryLine(modules, unhandledErrors.length);
    // Later than anything else that vitest and its other reporters print.
    process.once("exit", () => writeSync(1, `${line}\n`));
  }
}

export function summaryLine(modules: readonly ModuleResult[], unhandledErrors: number): string {
  const count = { passed: 0, failed: unhandledErrors, skipped: 0 };
  for (const module of modules) {
    count.failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test that was still pending when the run was broken off has not passed.
      if (state === "passed" || state === "failed") count[state] += 1;
      else count.skipped += 1;
    }
  }
  return `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
}
