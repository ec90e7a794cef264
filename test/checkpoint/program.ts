import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { RUNTIMES, type Runtime } from "../restore/restores.ts";
import { EXECUTABLE, FIXTURES, installExecutable, missing, PLACE } from "../support/fixture-executable.ts";
import { end, ROOT, until } from "../support/restage.ts";

export { missing };

/** A CRIU of version 4.2, or undefined. */
export const criu = process.env["CRIU"];

/** A program of the fixtures that runs: it is ready to be checkpointed. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  readonly directory: string;
  readonly images: string;
}

/** Starts a program, and waits until it has set itself up. */
export async function start(name: string): Promise<Program> {
  installExecutable();
  const directory = `${PLACE}/${name}`;
  const images = `${PLACE}/${name}.images`;
  const pid = pidOf(name);
  const end = performance.now() + TIME_WAIT;
  for (;;) {
    await forget(name);
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o1777);
    mkdirSync(images);
    if (hasRoot(name)) makeRoot(name);
    execFileSync(EXECUTABLE, ["--launch", name, directory], { env: {}, stdio: "ignore" });
    await until(() => existsSync(`${directory}/ready`) || existsSync(`${directory}/setup-error`), `${name} is ready`);
    if (!existsSync(`${directory}/setup-error`)) return { name, pid, directory, images };
    const error = readFileSync(`${directory}/setup-error`, "utf8");
    await forget(name);
    // Connections of the one before; tasks that a busy machine lets wait for longer than the program does.
    const passes = error.includes("Address already in use") || error.includes("is not ready");
    if (!passes || performance.now() > end) throw new Error(error);
    await sleep(1000);
  }
}

/** How long the kernel keeps ports of ended connections, and some more, in milliseconds. */
const TIME_WAIT = 65_000;

/** Checkpoints it by the command; gives what it wrote, and its status. */
export function checkpoint({ pid, images }: Program, runtime: Runtime, options: readonly string[] = []): Outcome {
  return run([...RUNTIMES[runtime], "checkpoint", String(pid), "-D", images, ...options]);
}

/** Restores it by the command. */
export function restore({ images }: Program, runtime: Runtime, options: readonly string[] = []): Outcome {
  return run([...RUNTIMES[runtime], "restore", "-d", "-D", images, ...options]);
}

/** Restores it by CRIU, which does not wait for pids to be free. */
export async function restoreByCriu({ name, images }: Program, options: readonly string[] = []): Promise<Outcome> {
  await haveGone(name);
  const log = `${images}/restore.log`;
  const words = ["restore", "-d", "-D", images, "-o", log, "-v4", "--manage-cgroups=ignore", ...options];
  const { status } = run([criu ?? "criu", ...words]);
  const errors =
    status === 0
      ? ""
      : readFileSync(log, "utf8")
          .split("\n")
          .filter((line) => line.includes("Error"))
          .join("\n");
  return { status, output: errors };
}

/** Lets the program look at itself: `pass`, or what it found. */
export async function verdictOf({ directory, name }: Program): Promise<string> {
  const result = `${directory}/result`;
  if (existsSync(result)) throw new Error(`${name} has a result before go`);
  writeFileSync(`${directory}/go`, "");
  await until(() => existsSync(result) && statSync(result).size > 0, `${name} has a result`);
  return readFileSync(result, "utf8").trim();
}

/** Ends what is left of a program, and removes its files. */
export async function forget(name: string): Promise<void> {
  await end(...tasksOf(name));
  await haveGone(name);
  rmSync(`${PLACE}/${name}`, { recursive: true, force: true });
  rmSync(`${PLACE}/${name}.images`, { recursive: true, force: true });
  if (!existsSync(rootOf(name))) return;
  spawnSync("umount", ["-l", rootOf(name)]);
  rmSync(rootOf(name), { recursive: true, force: true });
}

const rootOf = (name: string) => `${PLACE}/${name}.root`;

/** Has it a root directory of its own? */
function hasRoot(name: string): boolean {
  return manifestOf(name).setup.includes("root");
}

/** Mount points for what such a program mounts, in a directory that is a mount: CRIU takes no other one for a root. */
function makeRoot(name: string): void {
  const root = rootOf(name);
  for (const directory of ["proc", "dev", "t", "b", `tmp/restage-fixtures/${name}`])
    mkdirSync(`${root}/${directory}`, { recursive: true });
  writeFileSync(`${root}/tmp/restage-fixtures/fixture`, "");
  execFileSync("mount", ["--bind", root, root]);
  execFileSync("mount", ["--make-private", root]);
}

/** How a command ended, and what it said. */
export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

function run([program = "", ...words]: readonly string[]): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd: ROOT, encoding: "utf8", timeout: 60_000 });
  if (error !== undefined) throw error;
  return { status, output: status === 0 ? "" : stdout + stderr };
}

/** Pids of the tasks of a program, by their executable and first argument. */
export function tasksOf(name: string): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      if (Number.isNaN(pid)) return false;
      try {
        const isFixture = readlinkSync(`/proc/${pid}/exe`).startsWith(EXECUTABLE);
        return isFixture && readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[1] === name;
      } catch {
        return false;
      }
    });
}

function pidOf(name: string): number {
  return Number(execFileSync(EXECUTABLE, ["--pid", name], { encoding: "utf8" }));
}

/** Waits until its pids are free: zombies among them wait for init to reap them. */
async function haveGone(name: string): Promise<void> {
  await until(() => !pidsOf(name).some((pid) => existsSync(`/proc/${pid}`)), `the pids of ${name} are free`);
}

/** All pids of a program on this host, threads included. */
function pidsOf(name: string): readonly number[] {
  const { setup, tids } = manifestOf(name);
  return setup.includes("pidns") ? [pidOf(name)] : tids;
}

function manifestOf(name: string): Manifest {
  const manifest = JSON.parse(readFileSync(`${FIXTURES}fixtures.json`, "utf8")) as readonly Manifest[];
  const found = manifest.find((fixture) => fixture.name === name);
  if (found === undefined) throw new Error(`There is no fixture ${name}`);
  return found;
}

/** What fixtures.json says of a fixture, in part. */
interface Manifest {
  readonly name: string;
  readonly tids: readonly number[];
  readonly setup: readonly string[];
}
