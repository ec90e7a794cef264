// Measures how soon a restored tree of 1 GiB answers its first request, for which it reads 100 of its pages: `CRIU=PATH npm run bench:lazy
// [-- --runs N --json FILE]`, as root. With `lazy`, the pages come from a daemon that already listens. `all` is when the daemon has brought everything.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { benchmark, inTurns } from "./benchmark.ts";
import { end } from "./checkpoints.ts";
import { commandOn } from "./restorers.ts";
import { printRows, type Row, rowOf } from "./results.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "5" }, json: { type: "string" } } });
const PROGRAM = fileURLToPath(new URL("./programs/answers.c", import.meta.url));
const PID = 29_000;
const MEBIBYTES = "1024";

interface Way {
  readonly name: string;
  readonly daemon?: readonly string[];
  restore(images: string): Promise<void> | void;
}

interface Sample {
  readonly answer: number;
  readonly all?: number;
}

await benchmark(["1 GiB, first answer"], { json: values.json }, measure);

async function measure(name: string, directory: string, criu: string): Promise<readonly Row[]> {
  const [images, socket, program] = ["images", "socket", "answers"].map((part) => `${directory}/${part}`) as [
    string,
    string,
    string,
  ];
  execFileSync("gcc", ["-O2", "-o", program, PROGRAM]);
  mkdirSync(images);
  execFileSync(program, [MEBIBYTES, String(PID), socket], { timeout: 60_000 });
  run(criu, ["dump", "-t", String(PID), "-D", images, "--manage-cgroups=ignore", "-o", "dump.log"]);
  const ways = waysOf(criu, images);
  const samples = new Map<Way, Sample[]>(ways.map((way) => [way, []]));
  try {
    for (const way of inTurns(ways, Number(values.runs))) {
      rmSync(socket, { force: true });
      samples.get(way)?.push(await sampleOf(way, images, socket));
      await end({ pids: [PID] });
    }
  } finally {
    await end({ pids: [PID] });
  }
  const rows = [...samples].map(([way, taken]) =>
    rowOf(
      name,
      way.name,
      taken.map((sample) => ({ ...sample })),
    ),
  );
  printRows(rows);
  return rows;
}

function waysOf(criu: string, images: string): readonly Way[] {
  const [bun = "", ...words] = commandOn("bun");
  const restage = [bun, ...words];
  const lazyPages = `${images}/lazy-pages.socket`;
  const common = ["restore", "-d", "-D", images];
  const byLibrary = async (lazyPages?: string) => {
    const kernel = await openKernel();
    await restore({ images, detached: true, lazyPages }, kernel, defaultPlugins());
    kernel.close();
  };
  return [
    { name: "criu", restore: () => run(criu, [...common, "--manage-cgroups=ignore"]) },
    {
      name: "criu, lazy",
      daemon: [criu],
      restore: () => run(criu, [...common, "--manage-cgroups=ignore", "--lazy-pages"]),
    },
    { name: "library", restore: () => byLibrary() },
    { name: "library, lazy", daemon: restage, restore: () => byLibrary(lazyPages) },
    { name: "Bun", restore: () => run(bun, [...words, ...common]) },
    { name: "Bun, lazy", daemon: restage, restore: () => run(bun, [...words, ...common, "--lazy-pages"]) },
  ];
}

async function sampleOf(way: Way, images: string, socket: string): Promise<Sample> {
  const daemon = way.daemon === undefined ? undefined : await startDaemon(way.daemon, images);
  const ended = daemon === undefined ? undefined : once(daemon, "exit");
  const started = performance.now();
  await way.restore(images);
  const client = connect(socket);
  await once(client, "data");
  const answer = performance.now() - started;
  client.destroy();
  if (ended === undefined) return { answer };
  const [code] = await ended;
  if (code !== 0) throw new Error(`The daemon of ${way.name} ended with ${code}`);
  return { answer, all: performance.now() - started };
}

async function startDaemon([program = "", ...words]: readonly string[], images: string): Promise<ChildProcess> {
  const socket = `${images}/lazy-pages.socket`;
  rmSync(socket, { force: true });
  const daemon = spawn(program, [...words, "lazy-pages", "-D", images], { stdio: "ignore" });
  while (!existsSync(socket)) await sleep(5);
  return daemon;
}

function run(program: string, words: readonly string[]): void {
  const { status, stderr } = spawnSync(program, words, { stdio: ["ignore", "ignore", "pipe"], timeout: 300_000 });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${status}: ${stderr}`);
}
