import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Connection, connectTo, parseAddress } from "../../src/mod.ts";

/** Why tests of a store cannot run on this machine; undefined where they can. */
export const noNatsServer: string | undefined =
  spawnSync("nats-server", ["--version"], { timeout: 20_000 }).status === 0
    ? undefined
    : "needs nats-server: apt-get install nats-server";

const PATIENCE = 50_000;

/** A server with JetStream, on a free port, in a directory of its own. */
export class NatsServer {
  readonly directory: string = mkdtempSync(join(tmpdir(), "restage-nats-"));
  #process: ChildProcess | undefined;
  readonly #host: string;
  readonly #prefix: readonly string[];
  #port = -1;

  /** @param prefix words before the command, which put it on another host. */
  constructor(host = "127.0.0.1", prefix: readonly string[] = []) {
    this.#host = host;
    this.#prefix = prefix;
  }

  get address(): string {
    return `nats://${this.#host}:${this.#port}`;
  }

  /** Starts it, again on the same port. */
  async start(): Promise<void> {
    const ports = mkdtempSync(join(this.directory, "ports-"));
    mkdirSync(join(this.directory, "data"), { recursive: true });
    const place = ["-sd", join(this.directory, "data"), "--ports_file_dir", ports];
    const own = ["nats-server", "-a", this.#host, "-p", String(this.#port), "-js", ...place];
    const [program = "", ...words] = [...this.#prefix, ...own];
    const child = spawn(program, words, { stdio: "ignore" });
    this.#process = child;
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const [file] = readdirSync(ports);
      const text = file === undefined ? "" : readFileSync(join(ports, file), "utf8");
      const [, port] = /nats:\/\/[\d.]+:(\d+)/.exec(text) ?? [];
      if (port !== undefined) {
        this.#port = Number(port);
        return;
      }
      if (child.exitCode !== null || Date.now() > deadline) throw new Error("nats-server does not start");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends it at once, as if its machine had lost power. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Connects for the running test, and forgets what earlier tests stored. */
  async connect(): Promise<Connection> {
    const connection = await connectTo(parseAddress(`${this.address}/`, {}), {}, PATIENCE);
    onTestFinished(() => connection.close());
    for await (const { config } of connection.manager.streams.list())
      await connection.manager.streams.delete(config.name);
    return connection;
  }
}
