import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import {
  connectTo,
  type Fleet,
  isOver,
  newOrder,
  type Order,
  type OrderRecord,
  openFleet,
  parseAddress,
  submit,
} from "../../packages/fleet/src/mod.ts";
import { COMMAND } from "./restage.ts";
import { until } from "./until.ts";

/** Short, in milliseconds: tests wait for it. */
export const LEASE = 3000;

export interface AgentOptions {
  readonly server: string;
  readonly name: string;
  /** The directory in which the host remembers its orders. */
  readonly place: string;
  readonly words?: readonly string[];
  /** Words before the command, which put it on another host. */
  readonly prefix?: readonly string[];
  /** The words that run JavaScript; by default Node. */
  readonly runtime?: readonly string[];
}

/** The agent of a host, which can be killed and started again. */
export class Agent {
  readonly #options: AgentOptions;
  #process: ChildProcess | undefined;
  #output = "";

  constructor(options: AgentOptions) {
    this.#options = options;
    mkdirSync(options.place, { recursive: true });
    onTestFinished(() => this.kill());
  }

  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** Starts it, and returns when it has joined the fleet. */
  async start(): Promise<void> {
    const { server, name, place, words = [], prefix = [], runtime = [process.execPath] } = this.#options;
    const own = ["agent", server, "--name", name, "-W", place, "--lease", String(LEASE / 1000)];
    const [program = "", ...rest] = [...prefix, ...runtime, COMMAND, ...own, ...words];
    const before = this.#output.length;
    const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (part: Buffer) => {
        this.#output += String(part);
      });
    const joined = () => {
      if (!this.isRunning) throw new Error(`the agent ended: ${this.#output}`);
      return this.#output.slice(before).includes("joined the fleet");
    };
    await until(joined, `the agent of ${name} joins`);
  }

  /** Ends it at once, as if it had crashed. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || !this.isRunning) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}

/** Opens the fleet of a server, for as long as the test runs. */
export async function fleetOf(server: string): Promise<Fleet> {
  const connection = await connectTo(parseAddress(server, {}), {});
  onTestFinished(() => connection.close());
  return await openFleet(connection, LEASE);
}

/** Gives an order, and waits until it is over. */
export async function give(fleet: Fleet, order: Partial<Order> & Pick<Order, "kind">): Promise<OrderRecord> {
  const whole = newOrder(order);
  await submit(fleet, whole);
  return await settled(fleet, whole.id);
}

export async function settled(fleet: Fleet, id: string, milliseconds = 60_000): Promise<OrderRecord> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const record = await fleet.ledger.read(id);
    if (record !== undefined && isOver(record)) return record;
    if (performance.now() > deadline) throw new Error(`${id} is not over: ${JSON.stringify(record)}`);
    await sleep(20);
  }
}

/** Runs the command on another machine of the fleet. */
export function restageWith(server: string, ...words: readonly string[]) {
  const env = { ...process.env, NATS_URL: server };
  return spawnSync(process.execPath, [COMMAND, ...words], { cwd: tmpdir(), encoding: "utf8", timeout: 60_000, env });
}

/** The number in a file, which a program counts up; 0 if there is none yet. */
export function count(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}
