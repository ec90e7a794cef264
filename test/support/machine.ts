import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { ROOT, until } from "./restage.ts";

const COMMAND = `${ROOT}packages/cli/dist/restage.js`;
const TIME = 60_000;

/** A network that stands for the host's: links and firewalls of tests are there, and not on this machine. */
export class Machine {
  readonly #holder: ChildProcess;
  readonly #started: ChildProcess[] = [];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async start(): Promise<Machine> {
    const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    const machine = new Machine(holder);
    const own = readlinkSync("/proc/self/ns/net");
    await until(() => readlinkSync(machine.network) !== own, "there is a network");
    machine.run("ip", "link", "set", "lo", "up");
    return machine;
  }

  /** The path of its namespace. */
  get network(): string {
    return `/proc/${this.#holder.pid}/ns/net`;
  }

  /** Runs a program in its network. */
  run(program: string, ...args: readonly string[]): SpawnSyncReturns<string> {
    const words = [`--net=${this.network}`, "--", program, ...args];
    return spawnSync("nsenter", words, { encoding: "utf8", timeout: TIME, cwd: ROOT });
  }

  /** Starts one that goes on until the machine ends. */
  start(program: string, ...args: readonly string[]): void {
    this.#started.push(spawn("nsenter", [`--net=${this.network}`, "--", program, ...args], { stdio: "ignore" }));
  }

  /** Runs the built command there. */
  restage(...words: readonly string[]): SpawnSyncReturns<string> {
    return this.run(process.execPath, COMMAND, ...words);
  }

  /** What is there of links and firewalls, for comparisons. */
  survey(): string {
    return `${this.run("ip", "-o", "link").stdout}${this.run("nft", "list", "ruleset").stdout}`;
  }

  end(): void {
    for (const process of [...this.#started, this.#holder]) process.kill("SIGKILL");
  }
}
