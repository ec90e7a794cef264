import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { NatsServer, noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import { end } from "../support/end.ts";
import { Agent, count, fleetOf, give } from "../support/fleet.ts";
import { describeUnless, itUnless, noRoot, succeeds } from "../support/requirements.ts";
import { COMMAND, ROOT } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

/** A program that counts in a file. */
const COUNTER = "i=0; while :; do i=$((i + 1)); echo $i > count; sleep 0.05; done";
/** For a loaded machine, in milliseconds. */
const PATIENCE = 180_000;

const RUNTIMES = { Deno: ["deno", "run", "-A"], Bun: ["bun"] } as const;

describeUnless(noRoot ?? noNatsServer, "a fleet", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  for (const [name, [program, ...options]] of Object.entries(RUNTIMES)) {
    const binary = `${ROOT}node_modules/.bin/${program}`;
    const runtime = [binary, ...options];
    const obstacle = succeeds(binary) ? undefined : `needs ${program}`;

    const test = async () => {
      const place = temporaryDirectory(`fleet-${program}`);
      const [made, pulled, counted] = [join(place, "made"), join(place, "pulled"), join(place, "count")];
      const restage = (...words: readonly string[]) => {
        const env = { ...process.env, NATS_URL: server.address };
        const own = [...options, COMMAND, ...words];
        const { status, stdout, stderr } = spawnSync(binary, own, {
          cwd: place,
          encoding: "utf8",
          timeout: 60_000,
          env,
        });
        expect(status, stdout + stderr).toBe(0);
        return stdout;
      };
      const counter = spawn("sh", ["-c", COUNTER], { cwd: place, detached: true, stdio: "ignore" });
      const pid = counter.pid ?? 0;
      onTestFinished(() => end(pid));
      await until(() => count(counted) > 1, "the program counts");
      restage("checkpoint", String(pid), "-D", made, "--no-config");
      await until(() => !existsSync(`/proc/${pid}`), "the tree is gone");
      const before = count(counted);

      const checkpoint = `${program}/one`;
      expect(restage("push", made, checkpoint)).toMatch(`${checkpoint}: `);
      restage("pull", checkpoint, pulled);
      const inventory = (directory: string) => readFileSync(join(directory, "inventory.img"));
      expect(inventory(pulled).equals(inventory(made))).toBe(true);

      const words = ["--label", `runtime=${program}`];
      const agent = new Agent({ server: server.address, name: program, place: join(place, "agent"), words, runtime });
      await agent.start();
      const fleet = await fleetOf(server.address);
      const order = { kind: "restore", id: `shop-${program}`, checkpoint, labels: { runtime: program } } as const;
      const record = await give(fleet, order);
      expect(record, agent.output).toMatchObject({ state: "done", holder: { host: program }, result: { pid } });
      await until(() => count(counted) > before, "the restored program counts on");
      expect(await give(fleet, { kind: "stop", tree: order.id, labels: order.labels })).toMatchObject({
        state: "done",
      });
      expect(existsSync(`/proc/${pid}`)).toBe(false);
    };
    itUnless(obstacle, `pushes, pulls and restores by label on ${name}`, test, PATIENCE);
  }
});
