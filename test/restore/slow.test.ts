import { afterEach, beforeEach, expect, it } from "vitest";
import { KillServer } from "../checkpoint/harmless/kill-server.ts";
import { cleanUp, imagesOf, prepare, takenPids } from "../stages/fixture.ts";
import { end } from "../support/end.ts";
import { manifestOf } from "../support/fixture-manifest.ts";
import { isRunning, statusOf } from "../support/proc.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { until } from "../support/until.ts";

/** Zombies, sessions, and tasks whose leaders have ended. */
const NAME = "tree";

describeUnless(noFixtures, "a restore whose coordinator is slow", () => {
  let server: KillServer | undefined;
  beforeEach(() => prepare(NAME));
  afterEach(async () => {
    server?.end();
    await clear();
    cleanUp(NAME);
  });
  const clear = async () => {
    await end(...takenPids(NAME));
    await until(() => takenPids(NAME).length === 0, "the pids are free again");
    prepare(NAME);
  };
  const expectWhole = (alive: readonly number[], what: string) => {
    expect(alive.filter(isRunning), what).toEqual(alive);
    for (const pid of alive) expect(statusOf(pid, "TracerPid"), what).toBe("0");
  };

  it("is complete, also when it is stopped for seconds or each wait takes a hundred times as long", async () => {
    server = new KillServer(["restore", "-d", "-D", imagesOf(NAME)]);
    const operations = await server.count();
    const alive = manifestOf(NAME).pids.filter(isRunning);
    expect(alive.length).toBeGreaterThan(0);
    for (const operation of [Math.ceil(operations / 2), Math.ceil(operations * Math.random())]) {
      await clear();
      const { status, killed } = await server.stopBefore(operation);
      const what = `stopped before operation ${operation} of ${operations}: ${server.errors}`;
      expect([status, killed], what).toEqual([0, false]);
      expectWhole(alive, what);
    }
    await clear();
    expect((await server.runSlowly()).status, server.errors).toBe(0);
    expectWhole(alive, "slow waits");
  }, 300_000);
});
