// Measures the store of checkpoints against the object store of NATS, which keeps the same files as they are: `NATS_OBJ=DIR CRIU=PATH npm run bench:store
// [-- --runs N --case NAME --json FILE]`, as root. DIR is a directory into which `npm install @nats-io/obj@3.3` has put that package.
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pull, push } from "@restage/fleet";
import { RESTAGE } from "../examples/support.ts";
import { benchmark, inTurns } from "./benchmark.ts";
import { dump } from "./checkpoints.ts";
import { type Nats, startNats } from "./nats.ts";
import { printRows, type Row, rowOf } from "./results.ts";

const TEN = "ten checkpoints of 64 MiB";
const NAMES = ["1 GiB", "1 GiB, half of it zeros", TEN] as const;
const WRITER = fileURLToPath(new URL("./programs/writer.py", import.meta.url));
const PAGE = 4096;
const MEBIBYTE = 1 << 20;
const STORED = "stored in MiB";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    case: { type: "string", multiple: true },
    json: { type: "string" },
  },
});

/** The part of `@nats-io/obj` that is used here. */
interface Objects {
  put(meta: { readonly name: string }, content: unknown): Promise<unknown>;
  get(name: string): Promise<{ readonly data: ReadableStream; readonly error: Promise<Error | null> } | null>;
}
interface ObjectPackage {
  readonly Objm: new (streams: object) => { create(name: string): Promise<Objects> };
}

/** A way to store the files of a directory, and to get them back. */
interface Tool {
  readonly name: string;
  put(nats: Nats, from: string): Promise<unknown>;
  get(nats: Nats, names: readonly string[], to: string): Promise<unknown>;
}

const place = process.env["NATS_OBJ"];
if (place === undefined) console.log("The benchmark needs NATS_OBJ=DIR, where @nats-io/obj is installed");
else
  await benchmark(NAMES, values, (name, directory, criu) =>
    name === TEN ? measureTen(directory) : measureTime(name, directory, criu, toolsOf(place)),
  );

function toolsOf(place: string): readonly Tool[] {
  const { Objm } = createRequire(join(place, "package.json"))("@nats-io/obj") as ObjectPackage;
  const objectsOf = ({ connection }: Nats) => new Objm(connection.streams).create("images");
  return [
    {
      name: "nats object",
      async put(nats, from) {
        const objects = await objectsOf(nats);
        for (const name of readdirSync(from))
          await objects.put({ name }, Readable.toWeb(createReadStream(join(from, name))));
      },
      async get(nats, names, to) {
        const objects = await objectsOf(nats);
        mkdirSync(to);
        for (const name of names) {
          const object = await objects.get(name);
          await object?.data.pipeTo(Writable.toWeb(createWriteStream(join(to, name))));
          if (object === null || (await object.error) instanceof Error) throw new Error(`cannot get ${name}`);
        }
      },
    },
    {
      name: "library",
      put: ({ store }, from) => push(store, from, "images"),
      get: ({ store }, _names, to) => pull(store, "images", to),
    },
    {
      name: "Node",
      put: async (nats, from) => restage(nats, "push", from, "images"),
      get: async (nats, _names, to) => restage(nats, "pull", "images", to),
    },
  ];
}

function restage({ address }: Nats, ...words: readonly string[]): void {
  const [program = "", ...own] = RESTAGE;
  const env = { ...process.env, NATS_URL: address };
  execFileSync(program, [...own, ...words], { env, stdio: ["ignore", "ignore", "pipe"] });
}

async function measureTime(
  name: string,
  directory: string,
  criu: string,
  tools: readonly Tool[],
): Promise<readonly Row[]> {
  const { images, cleanUp } = await dump("1 GiB", criu, directory);
  if (name !== "1 GiB") halve(images);
  const names = readdirSync(images);
  const pulled = join(directory, "pulled");
  const samples = new Map<Tool, { push: number; pull: number }[]>(tools.map((tool) => [tool, []]));
  for (const tool of inTurns(tools, Number(values.runs))) {
    const nats = await startNats(directory);
    const began = performance.now();
    await tool.put(nats, images);
    const stored = performance.now();
    await tool.get(nats, names, pulled);
    samples.get(tool)?.push({ push: stored - began, pull: performance.now() - stored });
    for (const file of names)
      if (!readFileSync(join(images, file)).equals(readFileSync(join(pulled, file))))
        throw new Error(`${file} differs`);
    rmSync(pulled, { recursive: true });
    await nats.end();
  }
  cleanUp();
  rmSync(images, { recursive: true });
  const rows = [...samples].map(([tool, taken]) => rowOf(name, tool.name, taken));
  printRows(rows);
  return rows;
}

/** Fills the second half of each page with zeros. */
function halve(images: string): void {
  const zeros = new Uint8Array(PAGE / 2);
  for (const name of readdirSync(images).filter((name) => name.startsWith("pages-"))) {
    const file = openSync(join(images, name), "r+");
    const { size } = fstatSync(file);
    for (let at = PAGE / 2; at < size; at += PAGE) writeSync(file, zeros, 0, zeros.length, at);
    closeSync(file);
  }
}

/** Measures how much of ten checkpoints the store keeps. They are made a second apart, while their program writes to its memory. */
async function measureTen(directory: string): Promise<readonly Row[]> {
  const program = spawn("python3", [WRITER, "64"], { detached: true, stdio: "ignore" });
  const nats = await startNats(directory);
  const images = join(directory, "images");
  let [bytes, sent] = [0, 0];
  try {
    for (let count = 1; count <= 10; count++) {
      await sleep(1000);
      restage(nats, "checkpoint", String(program.pid), "-D", images, "--leave-running", "--no-config");
      const pushed = await push(nats.store, images, `images-${count}`);
      rmSync(images, { recursive: true });
      bytes += pushed.size;
      sent += pushed.sentSize;
    }
  } finally {
    process.kill(-(program.pid ?? 0), "SIGKILL");
    await nats.end();
  }
  const rows = [
    rowOf(TEN, "nats object", [{ [STORED]: bytes / MEBIBYTE }]),
    rowOf(TEN, "library", [{ [STORED]: sent / MEBIBYTE }]),
  ];
  printRows(rows);
  return rows;
}
