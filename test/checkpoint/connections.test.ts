import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startProgram, verdictOf } from "../cases/case.ts";
import { tasks } from "../support/leftovers.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { until } from "../support/until.ts";
import { KillServer } from "./harmless/kill-server.ts";

describeUnless(noRoot, "a checkpoint leaves SO_REUSEADDR of TCP connections as it was", () => {
  const start = async () => {
    const program = await startProgram(join(import.meta.dirname, "connections"));
    const { pid, images } = program;
    const server = new KillServer(["checkpoint", String(pid), "-D", images, "--leave-running", "--tcp-established"]);
    onTestFinished(() => server.end());
    return { program, server, operations: await server.count() };
  };

  it("when the tree resumes", async () => {
    const { program } = await start();
    expect(await verdictOf(program)).toBe("pass");
  });

  it("when it is killed while connections are in repair mode", async () => {
    const { program, server, operations } = await start();
    const { killed } = await server.killBefore(Math.floor(operations * 0.6));
    expect(killed).toBe(true);
    await until(() => ![...tasks()].some((line) => line.includes("restage-stub")), "the janitor has ended");
    expect(await verdictOf(program)).toBe("pass");
  });
});
