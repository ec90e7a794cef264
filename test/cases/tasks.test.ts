import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type DumpedProgram, describeDumped, dumpProgram, forget, restoreProgram, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

describeDumped("what tasks and threads are comes back", () => {
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
    const program = await dumpProgram(join(import.meta.dirname, name));
    programs.push(program);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
