// Measures orders of a fleet against the commands that the agent of a host runs for them: `CRIU=PATH npm run bench:orders [-- --count N --case NAME
// --json FILE]`, as root. As many commands run at a time as an agent runs.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Fleet, isOver, newOrder, openFleet, push, submit } from "@restage/fleet";
import { RESTAGE } from "../examples/support.ts";
import { benchmark } from "./benchmark.ts";
import { dump, end } from "./checkpoints.ts";
import { startNats } from "./nats.ts";
import { printRows, type Row, rowOf } from "./results.ts";

const NAMES = ["restores", "clones"] as const;
/** How many orders an agent carries out at a time. */
const SLOTS = 4;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "40" },
    case: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

await benchmark(NAMES, values, measure);

async function measure(name: string, directory: string, criu: string): Promise<readonly Row[]> {
  const count = Number(values.count);
  const { images, cleanUp } = await dump("tree of 1", criu, directory);
  const alone = await (name === "clones" ? cloneAlone : restoreAlone)(images, directory, count);
  const together = await giveOrders(name === "clones" ? "clone" : "restore", images, directory, count);
  cleanUp();
  const rows = [
    rowOf(name, "command", [{ "each, 4 at a time": alone / count }], count),
    rowOf(name, "order", [{ "each, 4 at a time": together / count }], count),
  ];
  printRows(rows);
  return rows;
}

async function restoreAlone(images: string, directory: string, count: number): Promise<number> {
  const pidfile = (index: number) => join(directory, `pid-${index}`);
  const took = await atATime(count, (index) =>
    run(
      "restore",
      "-d",
      "-D",
      images,
      "--new-pid-namespace",
      "--no-config",
      "-W",
      directory,
      "--pidfile",
      pidfile(index),
    ),
  );
  const pids = Array.from({ length: count }, (_, index) => Number(readFileSync(pidfile(index), "utf8")));
  await end({ pids });
  return took;
}

async function cloneAlone(images: string, directory: string, count: number): Promise<number> {
  const socket = join(directory, "socket");
  const [program = "", ...words] = RESTAGE;
  const serve = ["serve", images, "--new-pid-namespace", "--address", socket, "--no-config"];
  const template = spawn(program, [...words, ...serve], { stdio: "ignore" });
  const ended = new Promise((resolve) => template.once("close", resolve));
  while (!existsSync(socket)) await sleep(20);
  const pids: number[] = [];
  const took = await atATime(count, async () => {
    pids.push(Number(await run("clone", "--address", socket)));
  });
  await end({ pids });
  template.kill();
  await ended;
  return took;
}

/** Runs tasks, some at a time. Returns how long all of them took, in milliseconds. */
async function atATime(count: number, task: (index: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let next = 0;
  const work = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: SLOTS }, work));
  return performance.now() - began;
}

/** Runs the command. Returns what it printed. */
async function run(...words: readonly string[]): Promise<string> {
  const [program = "", ...own] = RESTAGE;
  const child = spawn(program, [...own, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (part: Buffer) => {
    output += String(part);
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${words.join(" ")} failed`);
  return output;
}

/** Gives orders to one host, all at once. Returns how long it took until they were done, in milliseconds. */
async function giveOrders(
  kind: "restore" | "clone",
  images: string,
  directory: string,
  count: number,
): Promise<number> {
  const nats = await startNats(directory);
  // The agent refuses a policy that others can change.
  const trusted = mkdtempSync(join(homedir(), ".restage-bench-"));
  try {
    await push(nats.store, images, "tree");
    const fleet = await openFleet(nats.connection);
    const [config, policy] = [join(trusted, "restore.config.json"), join(trusted, "policy.json")];
    writeFileSync(config, JSON.stringify({ newPidNamespace: true }));
    writeFileSync(policy, JSON.stringify({ configs: { default: config } }));
    const agent = await startAgent(nats.address, mkdtempSync(join(directory, "agent-")), policy);
    // The first order makes the template.
    await give(fleet, kind, ["first"]);
    const began = performance.now();
    await give(
      fleet,
      kind,
      Array.from({ length: count }, (_, index) => `tree-${index}`),
    );
    const took = performance.now() - began;
    await end({ pids: (await fleet.trees.list()).map(({ pid }) => pid) });
    await agent.end();
    return took;
  } finally {
    rmSync(trusted, { recursive: true });
    await nats.end();
  }
}

async function startAgent(address: string, place: string, policy: string) {
  const [program = "", ...own] = RESTAGE;
  const words = ["agent", address, "--slots", String(SLOTS), "--policy", policy, "-W", place];
  const agent = spawn(program, [...own, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => agent.once("close", resolve));
  await new Promise((resolve) => agent.stdout.once("data", resolve));
  agent.stdout.resume();
  return {
    async end() {
      agent.kill();
      await ended;
    },
  };
}

/** Gives an order for each of some trees, and waits until all are done. */
async function give(fleet: Fleet, kind: "restore" | "clone", trees: readonly string[]): Promise<void> {
  await Promise.all(trees.map((id) => submit(fleet, newOrder({ kind, id, checkpoint: "tree" }))));
  for (const id of trees) {
    for (;;) {
      const record = await fleet.ledger.read(id);
      if (record?.state === "done") break;
      if (record !== undefined && isOver(record)) throw new Error(JSON.stringify(record));
      await sleep(10);
    }
  }
}
