import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { newOrder, submit } from "../../packages/fleet/src/mod.ts";
import { NatsServer, noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import { end } from "../support/end.ts";
import { Agent, count, fleetOf, give, restageWith, settled } from "../support/fleet.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { privateDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** A program that counts in a file. */
const COUNTER = "i=0; while :; do i=$((i + 1)); echo $i > count; sleep 0.05; done";

describeUnless(noRoot ?? noNatsServer, "the agent of a host", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  /** Starts an agent whose checkpoints have a plugin, and a tree there. Its plugin finds the directory of the tree as `place`. */
  async function startTree(name: string, taps: string, ...words: readonly string[]) {
    const place = temporaryDirectory("fleet");
    const counter = spawn("sh", ["-c", COUNTER], { cwd: place, detached: true, stdio: "ignore" });
    const pid = counter.pid ?? 0;
    onTestFinished(() => end(pid));
    await until(() => count(join(place, "count")) > 1, "the program counts");
    const made = restageWith(server.address, "checkpoint", String(pid), "--to", `${name}/one`, "--no-config");
    expect(made.status, made.stderr).toBe(0);
    const trusted = privateDirectory("fleet");
    const [config, policy] = [join(trusted, "restore.config.mjs"), join(trusted, "policy.json")];
    writeFileSync(
      config,
      `import { appendFileSync } from "node:fs";
       const tell = (word) => appendFileSync(${JSON.stringify(join(place, "told"))}, word);
       export default { plugins: [{ name: "slow", dump({ imagesWritten, imagesPublished }) { ${taps} } }] };`,
    );
    writeFileSync(policy, JSON.stringify({ configs: { default: config } }));
    const options = { server: server.address, name, place: temporaryDirectory(`fleet-${name}`) };
    const agent = new Agent({ ...options, words: ["--policy", policy, ...words] });
    await agent.start();
    const fleet = await fleetOf(server.address);
    const order = { kind: "restore", id: name, checkpoint: `${name}/one`, labels: { host: name } } as const;
    expect(await give(fleet, order)).toMatchObject({ state: "done", result: { pid } });
    const told = () => (existsSync(join(place, "told")) ? readFileSync(join(place, "told"), "utf8") : "");
    return { agent, fleet, pid, place, told };
  }

  it("lets a checkpoint end that an agent before it has begun", async () => {
    const slow = `imagesWritten.tapAsync("slow", (tree, context, done) => {
      tell("begun ");
      setTimeout(() => { tell("ended "); done(); }, 3000);
    });`;
    const { agent, fleet, pid, told } = await startTree("saved", slow);
    const order = newOrder({ kind: "checkpoint", tree: "saved", checkpoint: "saved/two", labels: { host: "saved" } });
    await submit(fleet, order);
    await until(() => told() === "begun ", "the checkpoint is being made");
    await agent.kill();
    await agent.start();
    expect(await settled(fleet, order.id)).toMatchObject({ state: "done", result: { checkpoint: "saved/two" } });
    expect(told()).toBe("begun ended ");
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it("ends a checkpoint that takes too long, and the tree runs on", async () => {
    const stuck = `imagesWritten.tap("stuck", () => {
      tell("begun ");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
    const { fleet, place, told } = await startTree("stuck", stuck, "--limit", "5");
    const order = { kind: "checkpoint", tree: "stuck", checkpoint: "stuck/two", labels: { host: "stuck" } } as const;
    const { state, failures } = await give(fleet, order);
    expect(state).toBe("failed");
    expect(failures.at(-1)?.error.message).toBe("restage did not end in time");
    expect(told()).toBe("begun ");
    const before = count(join(place, "count"));
    await until(() => count(join(place, "count")) > before, "the program counts on");
  });

  it("knows that a tree runs on if the command dies when the images are complete", async () => {
    const dying = `tell("begun "); process.kill(process.pid, "SIGKILL");`;
    const { fleet, place, told } = await startTree("dying", `imagesPublished.tap("dying", () => { ${dying} });`);
    const order = { kind: "checkpoint", tree: "dying", checkpoint: "dying/two", labels: { host: "dying" } } as const;
    expect(await give(fleet, { ...order, attempts: 1 })).toMatchObject({ state: "failed" });
    expect(told()).toBe("begun ");
    expect(await fleet.trees.find("dying")).toMatchObject({ state: "running" });
    const before = count(join(place, "count"));
    await until(() => count(join(place, "count")) > before, "the program counts on");
  });

  it("does not start where another one runs, even if both start at once", async () => {
    const place = temporaryDirectory("fleet");
    const agents = ["x", "y"].map((name) => new Agent({ server: server.address, name, place }));
    const started = await Promise.allSettled(agents.map((agent) => agent.start()));
    expect(started.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const [one, other] = agents[0]?.isRunning ? agents : agents.toReversed();
    expect(other?.output).toMatch(/An agent \(process \d*\) uses .* already/);
    await one?.kill();
    await other?.start();
  });
});
