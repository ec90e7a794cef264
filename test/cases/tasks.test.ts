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
    "thread-areas",
    "thread-credentials",
    "names-of-bytes",
    "seccomp-kinds",
    "no-room-for-data",
  ])("%s", async (name) => {
    const program = await dumpCase(name);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("a detached tree survives the end of its first parent", async () => {
    const program = await dumpCase("parent-death-signal");
    await restoreProgram(program, { detached: true });
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeDumped(
  "what CRIU cannot save or restore",
  () => {
    it.each(["pending-trap", "found-fifo", "memfd-program", "signal-limit"])("comes back: %s", async (name) => {
      const program = await dumpCase(name, { compiler: ["-static"] });
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    });
  },
  undefined,
  ["Restage"],
);
