import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { haveNamespaces, workersInNamespaces } from "./test/support/workers-in-namespaces.ts";

const PACKAGES = "test/packages/packages.test.ts";

// Restores of real processes claim pids: never two at a time in the same namespaces, and none beside the unit tests.
const oneAtATime = { pool: "forks", fileParallelism: false, maxWorkers: 1 };
const restores = haveNamespaces()
  ? { pool: workersInNamespaces, maxWorkers: Math.min(availableParallelism(), 4) }
  : oneAtATime;
const realProcesses = { setupFiles: ["./test/support/free-pids.ts"], testTimeout: 120_000, hookTimeout: 120_000 };

// The workspace's packages name their sources in `exports`, and pnpm links them: tests need no build of them and no aliases.
export default defineConfig({
  test: {
    // The last line of a run is plain, for machines.
    reporters: ["default", "./tools/plain-summary-reporter.ts"],
    // What passing tests print is not shown.
    silent: "passed-only",
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts", "tools/**/*.test.ts", "examples/**/*.test.ts"],
          pool: "forks",
          testTimeout: 20_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...restores,
          ...realProcesses,
          name: "restore",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", PACKAGES],
          sequence: { groupOrder: 1 },
        },
      },
      {
        // It installs from the registry, which no namespace of ours leads to.
        test: {
          ...oneAtATime,
          ...realProcesses,
          name: "packages",
          include: [PACKAGES],
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
