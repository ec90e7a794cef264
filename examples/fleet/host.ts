// Hosts on one machine: each has its own network, mounts, pids and host name. The tests use them too.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";

/** Makes the directories that each host has for itself. Bash then adopts and reaps what loses its parent. */
const INIT = `
  set -e
  for directory in /run /srv; do mount -t tmpfs -o mode=755 host "$directory"; done
  hostname "$1"
  ip link set lo up
  echo ready
  while :; do sleep 60 & wait; done`;

const NEW = ["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** A host of a network. */
export class Host {
  readonly name: string;
  readonly address: string;
  readonly #process: ChildProcess;

  private constructor(name: string, address: string, process: ChildProcess) {
    this.name = name;
    this.address = address;
    this.#process = process;
  }

  static async start(name: string, address: string): Promise<Host> {
    const words = [...NEW, "--propagation", "private", "--", "bash", "--norc", "-c", INIT, "bash", name];
    const process = spawn("unshare", words, { cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve, reject) => {
      process.once("error", reject);
      process.once("exit", () => reject(new Error(`The host ${name} did not start.`)));
      process.stdout.once("data", resolve);
    });
    return new Host(name, address, process);
  }

  /** The process that made the namespaces. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Words that make the rest of a command line run on this host. Killing their process kills the command. */
  get prefix(): readonly string[] {
    const of = `/proc/${this.pid}/ns`;
    const namespaces = [`--mount=${of}/mnt`, `--net=${of}/net`, `--uts=${of}/uts`, `--ipc=${of}/ipc`];
    const pids = `--pid=${of}/pid_for_children`;
    return ["nsenter", ...namespaces, pids, "--", "setpriv", "--pdeathsig", "KILL", "--"];
  }

  /** Where this machine finds a file of the host. */
  path(file: string): string {
    return `/proc/${this.pid}/root${file}`;
  }

  /** Starts a program, which ends with the host. What it prints must be read. */
  start(...words: readonly string[]): ChildProcess {
    const [program = "", ...rest] = [...this.prefix, ...words];
    const child = spawn(program, rest, { cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
    child.on("error", (error) => console.error(`${program}: ${error.message}`));
    return child;
  }

  /** Runs a program to its end. Returns what it printed. Throws if it fails. */
  run(...words: readonly string[]): string {
    return runToEnd([...this.prefix, ...words]);
  }

  /** Ends the host and everything that runs on it, as if it had lost power. */
  async crash(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await ended;
  }
}

/** Hosts that are connected by a switch, apart from the network of this machine. */
export class Network {
  readonly #hosts: Host[] = [];

  /** Adds a host. The first one has the switch; the link of the others is `eth0`. */
  async add(name: string): Promise<Host> {
    const number = this.#hosts.length + 1;
    const host = await Host.start(name, `10.77.0.${number}`);
    this.#hosts.push(host);
    const [first = host] = this.#hosts;
    const link = host === first ? "lan" : "eth0";
    if (host === first) host.run("ip", "link", "add", link, "type", "bridge");
    else {
      // Only the network is that of the first host: `ip` must see the pid of the other one.
      const here = ["nsenter", `--net=/proc/${first.pid}/ns/net`, "ip", "link"];
      const pair = ["type", "veth", "peer", "name", link, "netns", String(host.pid)];
      runToEnd([...here, "add", name, ...pair]);
      runToEnd([...here, "set", name, "master", "lan", "up"]);
    }
    host.run("ip", "address", "add", `${host.address}/24`, "dev", link);
    host.run("ip", "link", "set", link, "up");
    return host;
  }

  /** Cuts a host off, but not the first one: packets are lost without a sign. */
  cut(host: Host): void {
    this.#hosts[0]?.run("ip", "link", "set", host.name, "nomaster");
  }

  /** Connects a host again that was cut off. */
  mend(host: Host): void {
    this.#hosts[0]?.run("ip", "link", "set", host.name, "master", "lan");
  }

  /** Ends all hosts. */
  async end(): Promise<void> {
    for (const host of this.#hosts.splice(0).reverse()) await host.crash();
  }
}

/** Why a machine cannot have such hosts; undefined if it can. */
export function noHosts(): string | undefined {
  const missing = ["unshare", "nsenter", "setpriv", "ip"].filter(
    (program) => spawnSync(program, ["--version"]).status === null,
  );
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

function runToEnd([program = "", ...words]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: "/", encoding: "utf8", timeout: 300_000 });
  if (status === 0) return stdout;
  throw new Error(`${words.join(" ")} failed: ${stderr || stdout}`);
}
