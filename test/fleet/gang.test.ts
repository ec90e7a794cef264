import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { isOn, processes } from "../support/chaos.ts";
import { kill } from "../support/end.ts";
import { describeUnless, type Obstacle, succeeds } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type FleetHost, noTwoHosts, startTwoHosts, type TwoHosts } from "../support/two-hosts.ts";
import { until } from "../support/until.ts";

const { dirname } = import.meta;

/** Each tree has a network namespace, whose link is made on the network of its host. */
const CONFIG = {
  tcpEstablished: true,
  external: ["macvlan[eth0]:eth0"],
  checkpoint: { tcpEstablished: true },
};

const STAGES = ["ROOT_TASK", "PREPARE_NAMESPACES", "FORKING", "RESTORE", "RESTORE_SIGCHLD", "RESTORE_CREDS"];

const obstacle: Obstacle = noTwoHosts ?? (succeeds("python3") ? undefined : "needs python3");

/** For a loaded machine, in milliseconds. */
const PATIENCE = 120_000;
/** How long a member waits for a slow one, in milliseconds. */
const DELAY = 1600;

describeUnless(obstacle, "a gang of two trees with a connection", () => {
  /**
   * Starts a server on one host and its client on the other, and saves both at one moment, as `first/server` and `first/client`.
   *
   * @param isStream whether both send numbers all the time, and check those that they get. Otherwise the server answers each byte of the client.
   */
  async function startGang(isStream = false) {
    const hosts = await startTwoHosts(CONFIG);
    const { desk, left, right, restage } = hosts;
    const place = temporaryDirectory("gang");
    const file = join(place, "count");
    const files = isStream ? [file, join(place, "server")] : [file];
    const stream = join(dirname, "gang/stream.py");
    const serverWords = isStream ? [stream, join(place, "server"), "listen"] : [join(dirname, "migrate/server.py")];
    const clientWords = [isStream ? stream : join(dirname, "gang/client.py"), file];
    const start = ({ host }: FleetHost, address: string, ...words: readonly string[]) =>
      host.run(join(dirname, "migrate/start.sh"), address, "python3", ...words).trim();
    const server = start(left, "10.77.0.50", ...serverWords);
    const client = start(right, "10.77.0.51", ...clientWords);
    // One after the other, because the fleet does not know them yet.
    for (const [{ host }, pid, name] of [
      [left, server, "server"],
      [right, client, "client"],
    ] as const)
      restage(host, "checkpoint", pid, "--to", `start/${name}`, "--no-config", "--tcp-established");
    const run = (set: string, names: string) =>
      restage(desk, "fleet", "run", `${set}/server@left,${set}/client@right`, names);
    run("start", "server,client");
    /** Waits until each has got more than the other had sent when this began. */
    const counted = async () => {
      const sent = files.map((each) => progress(each).sent).toReversed();
      const isCounted = () => files.every((each, index) => progress(each).received > (sent[index] ?? 0));
      await until(isCounted, `${files.join(" and ")} have more than ${sent.join(" and ")}`, PATIENCE / 2);
    };
    await counted();
    restage(desk, "fleet", "checkpoint", "server,client", "first");
    /** Begins to save both trees again, as `second`. The server's host takes some time for it, and can fail then. Returns the orders. */
    const saveSlowly = (error?: string) => {
      run("first", "server2,client2");
      left.configure(CONFIG, delaying("dump: (hooks) => void hooks.imagesWritten", error));
      return restage(desk, "fleet", "checkpoint", "server2,client2", "second", "-d");
    };
    return { ...hosts, run, saveSlowly, counted, programs: () => [left, right].map(({ host }) => programsOn(host)) };
  }

  it("is saved at one moment, and restored together on other hosts", { timeout: PATIENCE }, async () => {
    const { desk, restage, counted, programs } = await startGang();
    expect(programs()).toEqual([[], []]);
    restage(desk, "fleet", "run", "first/server@right,first/client@left", "server2,client2");
    expect(programs()).toEqual([["client.py"], ["server.py"]]);
    await counted();
  });

  it("loses nothing that is on its way in both directions", { timeout: PATIENCE }, async () => {
    const { desk, restage, counted } = await startGang(true);
    for (let round = 1; round <= 3; round += 1) {
      const set = round === 1 ? "first" : `set${round - 1}`;
      const names = [`server${round}`, `client${round}`];
      const saved = round === 1 ? ["server", "client"] : [`server${round - 1}`, `client${round - 1}`];
      const hosts = round % 2 === 0 ? ["left", "right"] : ["right", "left"];
      const members = saved.map((name, index) => `${set}/${name}@${hosts[index]}`);
      restage(desk, "fleet", "run", members.join(), names.join());
      await counted();
      restage(desk, "fleet", "checkpoint", names.join(), `set${round}`);
    }
  });

  it("is saved when all are stopped", { timeout: PATIENCE }, async () => {
    const { desk, left, right, restage, run } = await startGang();
    run("first", "server2,client2");
    const file = join(temporaryDirectory("gang"), "told");
    writeFileSync(file, "");
    // The first host stops its tree some time after the other one.
    left.configure(CONFIG, telling(file, "left", DELAY));
    right.configure(CONFIG, telling(file, "right", 0));
    restage(desk, "fleet", "checkpoint", "server2,client2", "second");
    const told = readFileSync(file, "utf8").trim().split("\n");
    expect(told.slice(0, 2).toSorted()).toEqual(["left stopped", "right stopped"]);
    expect(told.slice(2).toSorted()).toEqual(["left inspects", "right inspects"]);
  });

  it("is undone on both hosts if one fails in any stage", { timeout: PATIENCE }, async () => {
    const { left, right, run, counted, programs } = await startGang();
    for (const [index, stage] of STAGES.entries()) {
      const failing = index % 2 === 0 ? left : right;
      failing.configure(CONFIG, failingIn(`apply: ({ stages }) => void stages.${stage}.leave`, stage));
      expect(() => run("first", `s${index},c${index}`)).toThrow(`no ${stage} here`);
      expect(programs()).toEqual([[], []]);
      for (const { host } of [left, right]) expect(host.run("ip", "link")).not.toContain("@eth0");
      failing.configure(CONFIG);
    }
    run("first", "server2,client2");
    await counted();
  });

  it("runs on if a checkpoint fails on one host", { timeout: PATIENCE }, async () => {
    const { desk, right, restage, run, counted } = await startGang();
    run("first", "server2,client2");
    for (const phase of ["phases.inspect.tree", "imagesWritten"]) {
      right.configure(CONFIG, failingIn(`dump: (hooks) => void hooks.${phase}`, phase));
      expect(() => restage(desk, "fleet", "checkpoint", "server2,client2", "second")).toThrow(`no ${phase} here`);
      await counted();
    }
    expect(restage(desk, "store", "ls")).not.toContain("second");
  });

  it("is saved as a whole if an agent ends before it knows the decision", { timeout: PATIENCE }, async () => {
    const hosts = await startGang();
    const { desk, left, restage, saveSlowly, counted, programs } = hosts;
    await endWhileWaiting(hosts, saveSlowly());
    // If that takes long, the order is given up meanwhile.
    await until(() => states(hosts).every((state) => state === "done"), "both are saved", PATIENCE);
    expect(programs()).toEqual([[], []]);
    left.configure(CONFIG);
    restage(desk, "fleet", "run", "second/server2@left,second/client2@right", "server3,client3");
    await counted();
  });

  it("is saved as a whole if an agent comes back after its order was given up", { timeout: PATIENCE }, async () => {
    const hosts = await startGang();
    const { desk, left, right, restage, saveSlowly, counted } = hosts;
    const orders = saveSlowly();
    const [, second = ""] = orders.trim().split("\n");
    await endWhileWaiting(hosts, orders, [`${second}: lose -> failed`]);
    await until(() => right.agent.output.includes(`${second}: finish -> done`), "the member is saved", PATIENCE);
    left.configure(CONFIG);
    restage(desk, "fleet", "run", "second/server2@left,second/client2@right", "server3,client3");
    await counted();
  });

  it("runs on if an agent ends, and another host then fails to save", { timeout: PATIENCE }, async () => {
    const hosts = await startGang();
    const { desk, restage, saveSlowly, counted } = hosts;
    await endWhileWaiting(hosts, saveSlowly("no images here"));
    await over(hosts);
    expect(restage(desk, "store", "ls")).not.toContain("second");
    expect(restage(desk, "fleet", "ps")).toContain("no images here");
    await counted();
  });

  it("runs on if the command that holds one tree is killed", { timeout: PATIENCE }, async () => {
    const hosts = await startGang();
    const { desk, right, restage, saveSlowly, counted } = hosts;
    await untilWaiting(hosts, saveSlowly());
    const isHolding = (words: readonly string[]) => words.includes("checkpoint") && words.includes("--confirm-fd");
    processes(isHolding)
      .filter((pid) => isOn(right, pid))
      .forEach(kill);
    await over(hosts);
    expect(restage(desk, "store", "ls")).not.toContain("second");
    await counted();
  });

  it("runs as a whole if an agent ends before it knows the decision", { timeout: PATIENCE }, async () => {
    const hosts = await startGang();
    const { desk, left, restage, counted } = hosts;
    left.configure(CONFIG, delaying("apply: ({ stages }) => void stages.RESTORE_CREDS.leave"));
    const orders = restage(desk, "fleet", "run", "first/server@left,first/client@right", "server2,client2", "-d");
    await endWhileWaiting(hosts, orders);
    await over(hosts);
    expect(restage(desk, "fleet", "ps")).toMatch(/client2 .*process \d+ on right[\s\S]*server2 .*process \d+ on left/);
    await counted();
  });
});

/** What a program has written to its file: the last number that it got, and the last one that it sent. */
function progress(file: string): { readonly received: number; readonly sent: number } {
  const text = readFileSync(file, "utf8");
  const [received = Number.NaN, sent = received] = text.split(" ").map(Number);
  if (Number.isNaN(received + sent)) throw new Error(`${file}: ${text}`);
  return { received, sent };
}

/** Waits until the order of the second member has committed, and its tree waits for the other one. */
async function untilWaiting({ right }: TwoHosts, orders: string): Promise<void> {
  const second = orders.trim().split("\n").at(-1);
  await until(() => right.agent.output.includes(`${second}: commit -> committed`), "a member has committed", PATIENCE);
  await sleep(DELAY / 4);
}

/** The same, and ends the agent of that member until the other one has done something: by default, until its order is over. */
async function endWhileWaiting(hosts: TwoHosts, orders: string, ends?: readonly string[]): Promise<void> {
  const { left, right } = hosts;
  const [first = ""] = orders.trim().split("\n");
  const awaited = ends ?? [`${first}: finish -> done`, `${first}: fail -> failed`];
  await untilWaiting(hosts, orders);
  await right.agent.kill();
  await until(() => awaited.some((end) => left.agent.output.includes(end)), awaited.join(" or "), PATIENCE);
  await right.agent.start();
}

/** Waits until all orders are over. */
async function over(hosts: Pick<TwoHosts, "desk" | "restage">): Promise<void> {
  await until(() => states(hosts).every((state) => /done|failed/.test(state)), "all orders are over", PATIENCE);
}

function states({ desk, restage }: Pick<TwoHosts, "desk" | "restage">): readonly string[] {
  const { orders } = JSON.parse(restage(desk, "fleet", "ps", "--json")) as { orders: readonly { state: string }[] };
  return orders.map(({ state }) => state);
}

/** JavaScript of a plugin that fails in a hook. */
function failingIn(hook: string, name: string): string {
  return `[{ name: "failing", ${hook}.tap("failing", () => { throw new Error("no ${name} here"); }) }]`;
}

/** JavaScript of a plugin that takes some time in a hook, and can fail after it. */
function delaying(hook: string, error = ""): string {
  const end = error === "" ? "done()" : `fail(new Error(${JSON.stringify(error)}))`;
  const wait = `new Promise((done, fail) => setTimeout(() => ${end}, ${DELAY}))`;
  return `[{ name: "slow", ${hook}.tapPromise("slow", () => ${wait}) }]`;
}

/** JavaScript of a plugin that waits before the tree is stopped, and writes to a file when it is, and when it is being read. */
function telling(file: string, name: string, delay: number): string {
  const tell = (what: string) =>
    `process.getBuiltinModule("node:fs").appendFileSync(${JSON.stringify(file)}, "${name} ${what}\\n")`;
  return `[{ name: "telling", dump: ({ phases }) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${delay});
    phases.seize.tree.tap("telling", () => ${tell("stopped")});
    phases.inspect.tree.tap("telling", () => ${tell("inspects")});
  } }]`;
}

/** The programs of the gang that run on a host. */
function programsOn(host: FleetHost["host"]): readonly string[] {
  const words = host.run("ps", "-A", "-o", "args").split(/\s+/);
  return words.filter((word) => /\/(server|client)\.py$/.test(word)).map((word) => word.split("/").at(-1) ?? "");
}
