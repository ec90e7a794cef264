import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { NatsServer, noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import { noBrowser, Page } from "../support/browser.ts";
import { end } from "../support/end.ts";
import { Agent, fleetOf, give, restageWith } from "../support/fleet.ts";
import { describeUnless, noRoot, type Obstacle } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

const noAgent: Obstacle = noRoot ?? noNatsServer;

const server = new NatsServer();
beforeAll(() => server.start());
afterAll(() => server.remove());

/** Starts an agent with a dashboard. Returns the address, and a function that restores a tree there. */
async function startDashboard(name: string) {
  const { pid = 0 } = spawn("sleep", ["86416"], { detached: true, stdio: "ignore", cwd: "/" });
  onTestFinished(() => end(pid));
  const made = restageWith(server.address, "checkpoint", String(pid), "--to", `${name}/one`, "--no-config");
  expect(made.status, made.stderr).toBe(0);
  await until(() => !existsSync(`/proc/${pid}`), "the tree is gone");
  const options = { server: server.address, name, place: temporaryDirectory(`fleet-${name}`) };
  const agent = new Agent({ ...options, words: ["--dashboard", "127.0.0.1:0"] });
  await agent.start();
  const fleet = await fleetOf(server.address);
  for (const old of await fleet.trees.list()) await fleet.trees.remove(old.name);
  for (const old of await fleet.ledger.list()) await fleet.ledger.remove(old.order.id);
  const order = { kind: "restore", id: `${name}-tree`, checkpoint: `${name}/one`, labels: { host: name } } as const;
  const restore = async () => expect(await give(fleet, order)).toMatchObject({ state: "done" });
  return { address: /dashboard: (\S+)/.exec(agent.output)?.[1] ?? "", restore };
}

describeUnless(noAgent, "the dashboard of an agent", () => {
  it("has hosts, trees, orders, checkpoints and stages, and refuses other sites", async () => {
    const { address, restore } = await startDashboard("served");
    await restore();
    const state = await (await fetch(`${address}state`)).json();
    expect(state).toMatchObject({
      hosts: [{ name: "served" }],
      trees: [{ name: "served-tree", host: "served", state: "running" }],
      orders: [{ id: "served-tree", kind: "restore", state: "done" }],
      checkpoints: [{ name: "served/one", size: expect.any(Number) }],
    });
    const events = await fetch(`${address}events`);
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
    let told = "";
    while (!told.includes('"finish"')) told += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    for (const stage of ["FORKING", "RESTORE_CREDS"]) expect(told).toContain(`"stage":"${stage}"`);
    const metrics = await (await fetch(`${address}metrics`)).text();
    for (const line of [
      /^restage_hosts 1$/m,
      /^restage_trees\{host="served",state="running"\} 1$/m,
      /^restage_orders\{kind="restore",state="done"\} 1$/m,
      /^restage_checkpoint_bytes\{name="served\/one"\} [1-9]\d+$/m,
      /^restage_store_chunks [1-9]/m,
      /^restage_store_bytes [1-9]\d+$/m,
      /^restage_stage_seconds_count\{stage="FORKING",host="served"\} 1$/m,
      /^restage_stage_seconds_sum\{stage="RESTORE_CREDS",host="served"\} [\d.e-]+$/m,
    ])
      expect(metrics).toMatch(line);
    expect(
      metrics.split("\n").filter((line) => !/^(# (HELP|TYPE) .*|restage_\w+(\{.*\})? [\d.e-]+|)$/.test(line)),
    ).toEqual([]);
    const { status } = spawnSync("curl", ["-sf", "-H", "Host: example.org", address], { timeout: 20_000 });
    expect(status).not.toBe(0);
  });
});

describeUnless(noAgent ?? noBrowser, "the dashboard in a browser", () => {
  it("shows the fleet, and stages as they pass", { timeout: 120_000 }, async () => {
    const { address, restore } = await startDashboard("shown");
    const page = await Page.open(address);
    const text = await page.textWith(/Checkpoints \(\d+\)/);
    expect(text).toMatch(/shown\s+host=shown/);
    expect(text).toMatch(/shown\/one\s+[\d.]+ MiB/);
    expect(text).toContain("Trees (0)");
    await restore();
    await page.textWith(/shown-tree\s+shown\s+\d+\s+shown\/one\s+running/);
    await page.textWith(/shown-tree\s+restore\s+done\s+shown\s+COMPLETE/);
    await page.textWith(/shown-tree {2}shown {2}stage-left {2}FORKING {2}[\d.]+/);
  });
});
