/**
 * Restores checkpoints on other kernels, in virtual machines, and records the results, from which `npm run docs` writes the page `docs/kernels.md`:
 *
 *     npm run kernels -- [--only NAME]... DIRECTORY...
 *
 * Each directory is an unpacked Debian package of a kernel. With `--only`, only these fixtures or programs are tried; the others keep their results.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { FIXTURES } from "../support/fixture-executable.ts";
import { COMMAND, ROOT } from "../support/restage.ts";
import { readResult, record } from "./results.ts";

const PROGRAMS = join(ROOT, "test/checkpoint/everyday");
/** How long one machine can take, in seconds: without hardware support everything is at least ten times slower. */
const LIMIT = 5400;

/** Aborted when this process is asked to end: a machine must not outlive it. */
const stop = new AbortController();

const HOW = `Name directories with unpacked kernels:
  apt-get download linux-image-6.1.0-56-amd64
  dpkg -x linux-image-6.1.0-56-amd64*.deb k6.1
  npm run kernels -- $PWD/k6.1`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { only: { type: "string", multiple: true } },
    allowPositionals: true,
  });
  const obstacle = whyNot(positionals);
  if (obstacle !== undefined) {
    process.stderr.write(`SKIPPED: other kernels (${obstacle})\n`);
    return 0;
  }
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => stop.abort());
  let ok = true;
  for (const directory of positionals) {
    ok = (await tryKernel(directory, values.only ?? [])) && ok;
    if (stop.signal.aborted) return 1;
  }
  return ok ? 0 : 1;
}

function whyNot(directories: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync(join(FIXTURES, "fixtures.json"))) return "needs the fixtures beside the repository";
  const missing = ["qemu-system-x86_64", "busybox", "cpio", "depmod"].filter(
    (name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0,
  );
  if (missing.length > 0)
    return `needs ${missing.join(", ")}: apt-get install qemu-system-x86 busybox-static cpio kmod`;
  if (directories.length === 0) return `needs a kernel. ${HOW}`;
  if (!existsSync(COMMAND)) return "needs the built command: npm run build";
  return undefined;
}

/** Boots a kernel, then restores here what was checkpointed there. Returns whether everything passed. */
async function tryKernel(directory: string, only: readonly string[]): Promise<boolean> {
  const [version = directory] = readdirSync(join(directory, "lib/modules"));
  process.stdout.write(`Linux ${version}\n`);
  const carried = mkdtempSync(join(tmpdir(), "carried."));
  try {
    const criu = process.env["CRIU"] === undefined ? [] : [`CRIU=${process.env["CRIU"]}`];
    const inside = ["exec", "env", ...criu, "bash", script("inside.sh"), COMMAND, FIXTURES, PROGRAMS, ...only];
    const there = await run([script("machine.sh"), directory, String(LIMIT), carried, inside.join(" ")], version);
    if (!there.complete) process.stdout.write("the machine stopped before the end of the list\n");
    if (stop.signal.aborted) return false;
    const here = await run([script("arrivals.sh"), COMMAND, PROGRAMS, carried], version);
    return there.complete && there.failed + here.failed === 0;
  } finally {
    rmSync(carried, { recursive: true, force: true });
  }
}

function script(name: string): string {
  return join(import.meta.dirname, name);
}

/** Runs a script, and prints and records each result as it comes. */
async function run(words: readonly string[], version: string): Promise<{ complete: boolean; failed: number }> {
  const child = spawn("bash", words, { stdio: ["ignore", "pipe", "inherit"], signal: stop.signal });
  child.on("error", (error) => process.stderr.write(`${error.message}\n`));
  let complete = false;
  let failed = 0;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = text.replaceAll("\r", "");
    process.stdout.write(`${line}\n`);
    if (line === "complete") complete = true;
    const result = readResult(line);
    if (result === undefined) continue;
    record(version, result);
    if (result.problem !== undefined && result.kind !== "criu") failed++;
  }
  return { complete, failed };
}

process.exitCode = await main();
