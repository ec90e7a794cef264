import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startOf } from "../../packages/fleet/src/agent/processes.ts";
import { forget, newOrder, type Order, readSigningKey, submit, submitGang } from "../../packages/fleet/src/mod.ts";
import { newGang } from "../../packages/fleet/src/orders/gang.ts";
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
/** Why a host refuses an order that it has carried out, and one that it does not trust. */
const REPEATED = "The policy of this host refuses the order: it has been carried out here before";
const STRANGE = "The policy of this host refuses the order: nobody whom it trusts has signed it";

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
    expect(() => run("unsigned")).toThrow(STRANGE);
    expect(() => run("strange", "--sign-key", stranger.privateKey)).toThrow(STRANGE);
    expect(runsOn(left)).toBe(false);
    expect(run("signed", "--sign-key", trusted.privateKey)).toMatch(`signed: restore done on left, pid ${pid}`);

    expect(() => restage(desk, "fleet", "migrate", "signed", "right")).toThrow(STRANGE);
    expect(runsOn(left)).toBe(true);
    const migrate = restage(desk, "fleet", "migrate", "signed", "right", "--sign-key", trusted.privateKey);
    expect(migrate).toMatch(`migrate done on left, to right, pid ${pid}`);
    expect([runsOn(left), runsOn(right)]).toEqual([false, true]);
  });
});

describeUnless(noRoot ?? noNatsServer, "signed orders whose records are removed", () => {
  /** A server, hosts that trust the owner of a key, and for each of them a saved tree `sleep/HOST`. */
  async function startHosts(...names: readonly string[]) {
    const server = new NatsServer();
    onTestFinished(() => server.remove());
    await server.start();
    const { publicKey, privateKey } = makeKey();
    const policy = join(privateDirectory("fleet"), "policy.json");
    writeFileSync(policy, JSON.stringify({ signers: [publicKey] }));
    const hosts = await Promise.all(
      names.map(async (name) => {
        const { pid = 0 } = spawn("sleep", ["86418"], { detached: true, stdio: "ignore", cwd: "/" });
        onTestFinished(() => end(pid));
        const isRunning = () => startOf(pid) !== undefined;
        const made = restageWith(server.address, "checkpoint", String(pid), "--to", `sleep/${name}`, "--no-config");
        expect(made.status, made.stderr).toBe(0);
        await until(() => !isRunning(), "the tree is gone");
        const place = temporaryDirectory(`fleet-${name}`);
        const agent = new Agent({ server: server.address, name, place, words: ["--policy", policy] });
        await agent.start();
        return { agent, isRunning };
      }),
    );
    const fleet = await fleetOf(server.address);
    /** Waits until an order is over. Returns why it failed, or its state. */
    const outcome = async (id: string) => {
      const { state, failures } = await settled(fleet, id);
      return failures.at(-1)?.error.message ?? state;
    };
    const give = async (order: Order) => {
      await submit(fleet, order);
      return await outcome(order.id);
    };
    const running = () => hosts.map(({ isRunning }) => isRunning());
    return { fleet, key: readSigningKey(privateKey), agents: hosts.map(({ agent }) => agent), give, outcome, running };
  }

  it("are not carried out by the same host again, until they are signed again", { timeout: PATIENCE }, async () => {
    const { fleet, key, agents, give, running } = await startHosts("a");
    const wanted = newOrder({ kind: "restore", id: "shop", checkpoint: "sleep/a" });
    const signed = signOrder(wanted, key);
    const stop = signOrder(newOrder({ kind: "stop", id: "stop", tree: "shop" }), key);
    expect([await give(signed), running()]).toEqual(["done", [true]]);
    expect([await give(stop), running()]).toEqual(["done", [false]]);
    for (let times = 0; times < 2; times += 1) {
      for (const order of [signed, stop]) {
        await forget(fleet, order.id);
        expect([await give(order), running()]).toEqual([REPEATED, [false]]);
      }
      for (const agent of agents) {
        await agent.kill();
        await agent.start();
      }
    }
    await forget(fleet, "shop");
    expect([await give(signOrder(wanted, key)), running()]).toEqual(["done", [true]]);
  });

  it("of a gang do not run without the others, whatever its record says", { timeout: PATIENCE }, async () => {
    const { fleet, key, give, running } = await startHosts("a");
    const members = ["a", "b"];
    const order = { kind: "restore", id: "a", checkpoint: "sleep/a", labels: { host: "a" }, gang: "a" } as const;
    await fleet.gangs.open(newGang("a", "restore", ["a"]));
    const outcome = await give(signOrder(newOrder({ ...order, members }), key));
    expect([outcome, running()]).toEqual([
      "The record of the gang a is not what was ordered: it has other members",
      [false],
    ]);
  });

  it("of a gang run its members once, together or alone", { timeout: PATIENCE }, async () => {
    const names = ["a", "b"];
    const { fleet, key, give, outcome, running } = await startHosts(...names);
    const members = names.map((name) =>
      newOrder({ kind: "restore", id: name, checkpoint: `sleep/${name}`, labels: { host: name } }),
    );
    await submitGang(fleet, "restore", members, key);
    const outcomes = async () => [await outcome("a"), await outcome("b")];
    expect([await outcomes(), running()]).toEqual([
      ["done", "done"],
      [true, true],
    ]);
    const signed = await Promise.all(names.map(async (name) => (await fleet.ledger.read(name))?.order as Order));
    for (const tree of names)
      expect(
        await give(signOrder(newOrder({ kind: "stop", id: `stop-${tree}`, tree, labels: { host: tree } }), key)),
      ).toBe("done");
    const remove = async () => {
      for (const name of names) await forget(fleet, name);
    };

    await remove();
    await fleet.gangs.open(newGang("a", "restore", names));
    for (const order of signed) await submit(fleet, order);
    expect([await outcomes(), running()]).toEqual([
      [REPEATED, REPEATED],
      [false, false],
    ]);
    // Who can write to the server can make records of gangs, but not orders that belong to them.
    for (const [index, order] of signed.entries()) {
      await remove();
      await fleet.gangs.open(newGang("a", "restore", [order.id]));
      await fleet.gangs.open(newGang("alone", "restore", [order.id]));
      expect(await give(order)).toBe(REPEATED);
      await forget(fleet, order.id);
      expect([await give({ ...order, gang: "alone" }), running()[index]]).toEqual([STRANGE, false]);
    }
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
