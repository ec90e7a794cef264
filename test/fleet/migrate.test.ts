import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Host } from "../../examples/fleet/host.ts";
import { describeUnless, type Obstacle, succeeds } from "../support/requirements.ts";
import { noTwoHosts, startTwoHosts, type TwoHosts } from "../support/two-hosts.ts";
import { until } from "../support/until.ts";

const PLACE = join(import.meta.dirname, "migrate");

/** The server has a network namespace, which moves with it; its link is made on the network of the new host. */
const CONFIG = {
  tcpEstablished: true,
  external: ["macvlan[eth0]:eth0"],
  checkpoint: { tcpEstablished: true },
};

const obstacle: Obstacle = noTwoHosts ?? (succeeds("python3") ? undefined : "needs python3");

/** For a loaded machine, in milliseconds. */
const PATIENCE = 180_000;

describeUnless(obstacle, "a tree with a TCP connection", () => {
  /** Starts the server on a host, as the tree `web`, and connects a client. */
  async function startServer({ left, restage }: TwoHosts): Promise<string> {
    const pid = left.host.run(join(PLACE, "start.sh"), "10.77.0.50", "python3", join(PLACE, "server.py")).trim();
    restage(left.host, "checkpoint", pid, "--to", "web/one", "--no-config", "--tcp-established");
    restage(left.host, "fleet", "run", "web/one", "web", "--label", "host=left");
    return pid;
  }

  it("migrates to another host and back, and no answer is lost", { timeout: PATIENCE }, async () => {
    const hosts = await startTwoHosts(CONFIG);
    const { desk, left, right, restage } = hosts;
    const pid = await startServer(hosts);
    const client = await Client.connect(desk);
    expect(restage(desk, "fleet", "migrate", "web", "right")).toMatch(`migrate done on left, to right, pid ${pid}`);
    expect(left.host.run("ps", "-A", "-o", "args")).not.toContain("server.py");
    expect(right.host.run("ps", "-A", "-o", "args")).toContain("server.py");
    expect(restage(desk, "fleet", "migrate", "web", "left")).toMatch(`migrate done on right, to left, pid ${pid}`);
    expect(restage(desk, "fleet", "ps")).toContain(`web/one, process ${pid} on left`);
    expect(restage(desk, "store", "ls")).not.toContain("migrate/");
    expect(await client.end()).toMatch(/^\d+ \d+$/);
  });

  it("goes on where it was if the other host fails in a stage", { timeout: PATIENCE }, async () => {
    const hosts = await startTwoHosts(CONFIG);
    const { desk, left, right, restage } = hosts;
    const pid = await startServer(hosts);
    const client = await Client.connect(desk);
    for (const stage of ["ROOT_TASK", "RESTORE", "RESTORE_CREDS"]) {
      right.configure(CONFIG, failingIn(stage));
      expect(() => restage(desk, "fleet", "migrate", "web", "right")).toThrow(`no ${stage} here`);
      expect(left.host.run("readlink", `/proc/${pid}/exe`)).toMatch("python3");
      expect(right.host.run("ps", "-A", "-o", "args")).not.toContain("server.py");
      expect(right.host.run("ip", "link")).not.toContain("@eth0");
    }
    expect(restage(desk, "fleet", "ps")).toContain(`web/one, process ${pid} on left`);
    expect(await client.end()).toMatch(/^\d+ \d+$/);
  });

  it("is restored where it was if the agent there ends, and then the other host fails", {
    timeout: PATIENCE,
  }, async () => {
    const hosts = await startTwoHosts(CONFIG);
    const { desk, left, right, restage } = hosts;
    const pid = await startServer(hosts);
    const client = await Client.connect(desk);
    right.configure(CONFIG, failingIn("RESTORE_CREDS", 5000));
    const order = restage(desk, "fleet", "migrate", "web", "right", "-d").trim();
    await until(
      () => left.agent.output.includes(`${order}: commit -> committed`),
      "the tree waits for the other host",
      PATIENCE,
    );
    await left.agent.kill();
    await until(() => !left.host.run("ps", "-A", "-o", "args").includes("server.py"), "the tree has ended", PATIENCE);
    await left.agent.start();
    await until(() => left.agent.output.includes(`${order}: fail -> failed`), "the migration has failed", PATIENCE);
    expect(restage(desk, "fleet", "ps")).toContain(`web/one, process ${pid} on left`);
    expect(restage(desk, "fleet", "logs", order)).toMatch("no RESTORE_CREDS here");
    expect(await client.end()).toMatch(/^\d+ \d+$/);
  });
});

/** JavaScript of a plugin that fails some time after all tasks have confirmed a stage. */
function failingIn(stage: string, milliseconds = 0): string {
  const fail = `setTimeout(done, ${milliseconds}, new Error("no ${stage} here"))`;
  const tap = `stages.${stage}.leave.tapAsync("failing", (_context, done) => void ${fail})`;
  return `[{ name: "failing", apply: ({ stages }) => void ${tap} }]`;
}

/** A program that asks the server for ever. */
class Client {
  readonly #process: ChildProcess;
  #output = "";

  /** Returns when the server has answered for the first time. */
  static async connect(host: Host): Promise<Client> {
    const client = new Client(host);
    await until(() => client.#output !== "", "the client is connected", PATIENCE);
    return client;
  }

  private constructor(host: Host) {
    const [program = "", ...words] = [...host.prefix, "python3", join(PLACE, "client.py")];
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part: Buffer) => {
        this.#output += String(part);
      });
    this.#process = child;
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  /** Ends it, and returns the last line that it printed. */
  async end(): Promise<string> {
    const ended = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.stdin?.end();
    await ended;
    return this.#output.trim().split("\n").at(-1) ?? "";
  }
}
