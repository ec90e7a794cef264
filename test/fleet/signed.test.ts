import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startOf } from "../../packages/fleet/src/agent/processes.ts";
import { forget, newOrder, readSigningKey, submit } from "../../packages/fleet/src/mod.ts";
import { signOrder } from "../../packages/fleet/src/orders/signature.ts";
import { NatsServer, noNatsServer } from "../../packages/fleet/test/support/nats-server.ts";
import { end } from "../support/end.ts";
import { Agent, fleetOf, restageWith, settled } from "../support/fleet.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";
import { privateDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { type FleetHost, noTwoHosts, startTwoHosts } from "../support/two-hosts.ts";
import { until } from "../support/until.ts";

/** For a loaded machine, in milliseconds. */
const PATIENCE = 180_000;
/** The number tells the program from others. */
const PROGRAM = "sleep 86415";

describeUnless(noTwoHosts, "a host that trusts signers", () => {
  it("carries out what they have signed, also a migration, and nothing else", { timeout: PATIENCE }, async () => {
    const [trusted, stranger] = [makeKey(), makeKey()];
    const { desk, left, right, restage } = await startTwoHosts({}, { signers: [trusted.publicKey] });
    // A high pid, which is free on the other host.
    const start = `echo 20000 > /proc/sys/kernel/ns_last_pid; setsid ${PROGRAM} < /dev/null > /dev/null 2>&1 & echo $!`;
    const pid = left.host.run("sh", "-c", start).trim();
    restage(left.host, "checkpoint", pid, "--to", "sleep/one", "--no-config");

    const run = (name: string, ...words: readonly string[]) =>
      restage(desk, "fleet", "run", "sleep/one", name, "--label", "host=left", ...words);
    const refusal = "The policy of this host refuses the order: nobody whom it trusts has signed it";
    expect(() => run("unsigned")).toThrow(refusal);
    expect(() => run("strange", "--sign-key", stranger.privateKey)).toThrow(refusal);
    expect(runsOn(left)).toBe(false);
    expect(run("signed", "--sign-key", trusted.privateKey)).toMatch(`signed: restore done on left, pid ${pid}`);

    expect(() => restage(desk, "fleet", "migrate", "signed", "right")).toThrow(refusal);
    expect(runsOn(left)).toBe(true);
    const migrate = restage(desk, "fleet", "migrate", "signed", "right", "--sign-key", trusted.privateKey);
    expect(migrate).toMatch(`migrate done on left, to right, pid ${pid}`);
    expect([runsOn(left), runsOn(right)]).toEqual([false, true]);
  });
});

describeUnless(noRoot ?? noNatsServer, "a signed order whose record is removed", () => {
  it("is not carried out by the same host again, until it is signed again", { timeout: PATIENCE }, async () => {
    const server = new NatsServer();
    onTestFinished(() => server.remove());
    await server.start();
    const { publicKey, privateKey } = makeKey();
    const key = readSigningKey(privateKey);
    const { pid = 0 } = spawn("sleep", ["86418"], { detached: true, stdio: "ignore", cwd: "/" });
    onTestFinished(() => end(pid));
    const isRunning = () => startOf(pid) !== undefined;
    const made = restageWith(server.address, "checkpoint", String(pid), "--to", "sleep/one", "--no-config");
    expect(made.status, made.stderr).toBe(0);
    await until(() => !isRunning(), "the tree is gone");
    const policy = join(privateDirectory("fleet"), "policy.json");
    writeFileSync(policy, JSON.stringify({ signers: [publicKey] }));
    const place = temporaryDirectory("fleet");
    const agent = new Agent({ server: server.address, name: "a", place, words: ["--policy", policy] });
    await agent.start();
    const fleet = await fleetOf(server.address);

    const wanted = newOrder({ kind: "restore", id: "shop", checkpoint: "sleep/one" });
    const signed = signOrder(wanted, key);
    const stop = signOrder(newOrder({ kind: "stop", id: "stop", tree: "shop" }), key);
    const give = async (order: typeof signed) => {
      await submit(fleet, order);
      const { state, failures } = await settled(fleet, order.id);
      return failures.at(-1)?.error.message ?? state;
    };
    const refusal = "The policy of this host refuses the order: it has been carried out here before";
    expect([await give(signed), isRunning()]).toEqual(["done", true]);
    expect([await give(stop), isRunning()]).toEqual(["done", false]);
    for (let times = 0; times < 2; times += 1) {
      for (const order of [signed, stop]) {
        await forget(fleet, order.id);
        expect([await give(order), isRunning()]).toEqual([refusal, false]);
      }
      await agent.kill();
      await agent.start();
    }
    await forget(fleet, "shop");
    expect([await give(signOrder(wanted, key)), isRunning()]).toEqual(["done", true]);
  });
});

/** Makes the files of a key pair. */
function makeKey(): { readonly publicKey: string; readonly privateKey: string } {
  const place = privateDirectory("fleet-key");
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const files = { publicKey: join(place, "orders.pub"), privateKey: join(place, "orders.key") };
  writeFileSync(files.publicKey, publicKey.export({ type: "spki", format: "pem" }));
  writeFileSync(files.privateKey, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return files;
}

function runsOn({ host }: FleetHost): boolean {
  return host.run("ps", "-A", "-o", "args").includes(PROGRAM);
}
