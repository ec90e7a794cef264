import { join } from "node:path";
import { expect, it } from "vitest";
import type { Host } from "../../examples/fleet/host.ts";
import { describeUnless } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { noTwoHosts, startTwoHosts } from "../support/two-hosts.ts";

/** The number tells the program from others. */
const PROGRAM = "sleep 86419";
/** For a loaded machine, in milliseconds. */
const PATIENCE = 180_000;
const CLONES = 20;

/** Starts the program with a high pid, which is free on the other host. */
const START = `echo 20000 > /proc/sys/kernel/ns_last_pid; setsid ${PROGRAM} < /dev/null > /dev/null 2>&1 & echo $!`;

describeUnless(noTwoHosts, "two hosts", () => {
  it("push, pull, restore by label, and make clones on both", { timeout: PATIENCE }, async () => {
    const { desk, left, right, restage } = await startTwoHosts({});
    const place = temporaryDirectory("two-hosts");
    const [made, pulled] = [join(place, "made"), join(place, "pulled")];
    const pid = left.host.run("sh", "-c", START).trim();
    restage(left.host, "checkpoint", pid, "-D", made, "--no-config");
    expect(restage(left.host, "push", made, "sleep/one")).toMatch("sleep/one: ");
    expect([programsOn(left.host), programsOn(right.host)]).toEqual([0, 0]);

    restage(right.host, "pull", "sleep/one", pulled);
    restage(right.host, "restore", "-d", "-D", pulled, "--no-config", "-W", place);
    expect([programsOn(left.host), programsOn(right.host)]).toEqual([0, 1]);
    right.host.run("kill", "-KILL", pid);

    const run = restage(desk, "fleet", "run", "sleep/one", "shop", "--label", "host=right");
    expect(run).toBe(`shop: restore done on right, pid ${pid}\n`);
    restage(desk, "fleet", "stop", "shop");
    expect([programsOn(left.host), programsOn(right.host)]).toEqual([0, 0]);

    restage(desk, "fleet", "clone", "sleep/one", "--count", String(CLONES));
    const clones = [programsOn(left.host), programsOn(right.host)];
    expect(Math.min(...clones), clones.join()).toBeGreaterThan(0);
    expect(clones.reduce((sum, count) => sum + count)).toBe(CLONES);
  });
});

/** How many of the programs run on a host. */
function programsOn(host: Host): number {
  return host
    .run("ps", "-A", "-o", "args")
    .split("\n")
    .filter((line) => line === PROGRAM).length;
}
