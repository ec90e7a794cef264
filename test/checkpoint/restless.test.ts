import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { forget, type RunningProgram, restoreProgram, startProgram, verdictOf } from "../cases/case.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { checkpointAndKill } from "./killing.ts";

const TIMES = 5;
const KILLS = 8;

describeUnless(noRoot, "a tree that forks, executes, starts threads and gets signals all the time", () => {
  let program: RunningProgram | undefined;
  afterEach(() => {
    if (program !== undefined) forget(program);
  });
  const start = async (name: string) => {
    program = await startProgram(join(import.meta.dirname, name));
    return program;
  };

  it("is checkpointed at any moment, and continues", async () => {
    const { pid, images } = await start("restless");
    for (let n = 0; n < TIMES; n++) {
      const { status, stderr } = restage(["checkpoint", String(pid), "-D", images, "--leave-running"]);
      expect(status, stderr).toBe(0);
    }
    expect(await verdictOf(program as RunningProgram)).toBe("pass");
  });

  it("continues after it has been restored", async () => {
    const restless = await start("restless");
    const { status, stderr } = restage(["checkpoint", String(restless.pid), "-D", restless.images]);
    expect(status, stderr).toBe(0);
    await restless.ended;
    await restoreProgram(restless);
    expect(await verdictOf(restless)).toBe("pass");
  });

  it("continues when coordinators are killed at any moment", async () => {
    const restless = await start("restless");
    let kills = 0;
    for (let n = 0; n < KILLS; n++) if ((await checkpointAndKill(restless, 100 * Math.random())).killed) kills++;
    expect(kills).toBeGreaterThan(0);
    expect(await verdictOf(restless)).toBe("pass");
  }, 600_000);

  it("is waited for no longer than the time limit if a task cannot be stopped, and continues", async () => {
    const stuck = await start("stuck");
    const words = ["checkpoint", String(stuck.pid), "-D", stuck.images, "--timeout", "1"];
    const { status, stderr } = restage(words);
    const named = `Cannot stop task ${stuck.pid} \\(.+\\): it is in a call that cannot be interrupted \\(state D\\)`;
    expect(stderr).toMatch(new RegExp(named));
    expect(stderr).toContain("--timeout");
    expect(status).toBe(1);
    expect(readFileSync(`/proc/${stuck.pid}/status`, "utf8")).toMatch(/^TracerPid:\s+0$/m);
    expect(await verdictOf(stuck)).toBe("pass");
  });
});
