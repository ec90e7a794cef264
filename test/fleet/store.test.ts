import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { NatsServer, noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import { end } from "../support/end.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { COMMAND } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** A program that counts in a file. */
const COUNTER = "i=0; while :; do i=$((i + 1)); echo $i > count; sleep 0.05; done";

describeUnless(noRoot ?? noNatsServer, "the command with a store", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  it("pushes a checkpoint when it is made, and restores it from there", async () => {
    const place = temporaryDirectory("fleet");
    const temporary = temporaryDirectory("fleet-tmp");
    const restage = (...words: readonly string[]) => {
      const env = { ...process.env, NATS_URL: server.address, TMPDIR: temporary };
      return spawnSync(process.execPath, [COMMAND, ...words], { cwd: place, encoding: "utf8", timeout: 60_000, env });
    };
    const count = () => Number(readFileSync(join(place, "count"), "utf8"));
    const counter: ChildProcess = spawn("sh", ["-c", COUNTER], { cwd: place, detached: true, stdio: "ignore" });
    const pid = counter.pid ?? 0;
    onTestFinished(() => end(pid));
    await until(() => existsSync(join(place, "count")) && count() > 1, "the program counts");
    const made = restage("checkpoint", String(pid), "--to", "counter/one", "--no-config");
    expect(made.stderr + made.stdout).toMatch(/counter\/one: .* in \d+ chunks; .* were sent/);
    expect(made.status).toBe(0);
    await until(() => !existsSync(`/proc/${pid}`), "the tree is gone");
    const before = count();
    const again = restage("checkpoint", String(process.pid), "--to", "counter/one", "--no-config");
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining("already has a checkpoint counter/one") });

    const restored = restage("restore", "-d", "-D", `${server.address}/counter/one`, "--pidfile", "pid", "--no-config");
    expect(restored.status, restored.stderr).toBe(0);
    expect(Number(readFileSync(join(place, "pid"), "utf8"))).toBe(pid);
    await until(() => count() > before, "the restored program counts on");
    expect(readdirSync(temporary)).toEqual([]);

    const listed = restage("store", "ls", "--json");
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: "counter/one" }]);
    const removed = restage("store", "rm", "counter/one", "--json");
    expect(removed, removed.stderr).toMatchObject({ status: 0, stdout: '{"name":"counter/one"}\n' });
  });
});
