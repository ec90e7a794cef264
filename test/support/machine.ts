import { type ChildProcess, type SpawnSyncReturns, spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { onTestFinished } from "vitest";
import { COMMAND, run } from "./restage.ts";
import { until } from "./until.ts";

/** A network namespace that stands in for the host's, so that tests change no links and firewalls of this machine. */
export class Machine {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** Starts a machine that ends with the running test. */
  static async start(): Promise<Machine> {
    const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    onTestFinished(() => void holder.kill("SIGKILL"));
    const machine = new Machine(holder);
    const own = readlinkSync("/proc/self/ns/net");
    await until(() => readlinkSync(machine.network) !== own, "the machine has a network");
    machine.run("ip", "link", "set", "lo", "up");
    return machine;
  }

  /** The path of its network namespace. */
  get network(): string {
    return `/proc/${this.#holder.pid}/ns/net`;
  }

  /** Runs a program in its network. */
  run(program: string, ...args: readonly string[]): SpawnSyncReturns<string> {
    return run(["nsenter", `--net=${this.network}`, "--", program, ...args]);
  }

  /** Starts a program that runs until the test ends. */
  start(program: string, ...args: readonly string[]): void {
    const child = spawn("nsenter", [`--net=${this.network}`, "--", program, ...args], { stdio: "ignore" });
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  /** Runs the built command in its network. */
  restage(...words: readonly string[]): SpawnSyncReturns<string> {
    return this.run(process.execPath, COMMAND, ...words);
  }

  /** Its links and firewall rules, for comparisons. */
  survey(): string {
    return `${this.run("ip", "-o", "link").stdout}${this.run("nft", "list", "ruleset").stdout}`;
  }
}
