import { spawn } from "node:child_process";
import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { NatsServer, noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import { end } from "../support/end.ts";
import { Agent, count, fleetOf, give, restageWith } from "../support/fleet.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { privateDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** A program that counts in a file. */
const COUNTER = "i=0; while :; do i=$((i + 1)); echo $i > count; sleep 0.05; done";

describeUnless(noRoot ?? noNatsServer, "a fleet", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  /** Makes a checkpoint of a counter, and pushes it. */
  async function pushCounter(place: string, name: string): Promise<{ readonly pid: number; readonly count: number }> {
    const counter = spawn("sh", ["-c", COUNTER], { cwd: place, detached: true, stdio: "ignore" });
    const pid = counter.pid ?? 0;
    onTestFinished(() => end(pid));
    await until(() => count(join(place, "count")) > 1, "the program counts");
    const made = restageWith(server.address, "checkpoint", String(pid), "--to", name, "--no-config");
    expect(made.status, made.stderr).toBe(0);
    await until(() => !existsSync(`/proc/${pid}`), "the tree is gone");
    return { pid, count: count(join(place, "count")) };
  }

  async function startAgents(hosts: Readonly<Record<string, readonly string[]>>): Promise<readonly Agent[]> {
    const agents = Object.entries(hosts).map(
      ([name, words]) => new Agent({ server: server.address, name, place: temporaryDirectory(`fleet-${name}`), words }),
    );
    await Promise.all(agents.map((agent) => agent.start()));
    return agents;
  }

  it("restores a tree on a host with the right labels, saves it again and stops it", async () => {
    const place = temporaryDirectory("fleet");
    const { pid, count: before } = await pushCounter(place, "counter/one");
    await startAgents({ a: ["--label", "zone=x"], b: ["--label", "zone=y"] });
    const run = restageWith(server.address, "fleet", "run", "counter/one", "web", "--label", "zone=y");
    expect(run.stderr + run.stdout).toBe(`web: restore done on b, pid ${pid}\n`);
    await until(() => count(join(place, "count")) > before, "the program counts on");
    const descriptors = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(descriptors.filter((target) => target.startsWith("socket:"))).toEqual([]);
    const logs = restageWith(server.address, "fleet", "logs", "web").stdout;
    expect(logs).toMatch(/b: stage-left RESTORE .* ms[\s\S]*b: finish -> done/);

    const fleet = await fleetOf(server.address);
    await expect(give(fleet, { kind: "restore", id: "web", checkpoint: "counter/other" })).rejects.toThrow(
      "Another order has the id web",
    );
    const onHost = (host: string) => ({ labels: { host } });
    expect(
      await give(fleet, { kind: "checkpoint", tree: "web", checkpoint: "counter/two", ...onHost("a") }),
    ).toMatchObject({
      state: "failed",
      failures: [{ host: "a", error: { message: "Cannot find the tree web: it runs on b" } }],
    });
    expect(
      await give(fleet, { kind: "checkpoint", tree: "web", checkpoint: "counter/two", ...onHost("b") }),
    ).toMatchObject({ state: "done", result: { checkpoint: "counter/two" } });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    const second = count(join(place, "count"));
    expect(await give(fleet, { kind: "restore", id: "web2", checkpoint: "counter/two", ...onHost("a") })).toMatchObject(
      {
        state: "done",
        result: { pid },
      },
    );
    await until(() => count(join(place, "count")) > second, "the program counts on");
    expect(await give(fleet, { kind: "stop", tree: "web2", ...onHost("a") })).toMatchObject({ state: "done" });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    const all = restageWith(server.address, "fleet", "ps").stdout;
    expect(all).toMatch(/web +counter\/one, ended on b\n.*web2 +counter\/two, ended on a/);
  });

  it("fails an order with the error of the host, when no other host is left", async () => {
    const policy = join(privateDirectory("fleet"), "policy.json");
    writeFileSync(policy, JSON.stringify({ checkpoints: ["web/*"] }));
    await startAgents({ c: ["--policy", policy] });
    const run = (checkpoint: string) => restageWith(server.address, "fleet", "run", checkpoint, "--label", "host=c");
    expect(run("counter/one")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("not accept the checkpoint"),
    });
    expect(run("web/none").stderr).toMatch(/: failed on c\nERR_STORE: .* has no checkpoint web\/none\n {2}hint/);
  });
});
