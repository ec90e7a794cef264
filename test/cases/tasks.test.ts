import { expect, it } from "vitest";
import { dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("the state of tasks and threads is restored", () => {
  it.each([
    "signal-queues",
    "stopped-tasks",
    "timers",
    "blocked-calls",
    "rseq-critical",
    "vector-registers",
    "thread-credentials",
    "names-of-bytes",
    "seccomp-kinds",
  ])("%s", async (name) => {
    const program = await dumpCase(name);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
