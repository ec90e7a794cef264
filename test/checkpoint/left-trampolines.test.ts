import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startProgram, verdictOf } from "../cases/case.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { empty, KillServer } from "./harmless/kill-server.ts";

/** More than the trampolines for which a static program has room: it has the unused bytes of one page, and of the vdso. */
const KILLS = 60;

describeUnless(noRoot, "a task with little unused code", () => {
  it("can be checkpointed again after any number of killed checkpoints", async () => {
    const program = await startProgram(join(import.meta.dirname, "../cases/lone-task"), undefined, ["-static"]);
    const server = new KillServer(["checkpoint", String(program.pid), "-D", program.images, "--leave-running"]);
    onTestFinished(() => server.end());
    expect(await server.count()).toBeGreaterThan(KILLS);
    for (let operation = 1; operation <= KILLS; operation++) {
      empty(program.images);
      expect(await server.killBefore(operation), server.errors).toEqual({ killed: true, status: 0 });
    }
    empty(program.images);
    expect(await server.killBefore(0), server.errors).toEqual({ killed: false, status: 0 });
    expect(await verdictOf(program)).toBe("pass");
  }, 200_000);
});
