import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { RUNTIMES, type Runtime } from "../restore/restores.ts";
import { makeMountPoints } from "../support/container-fixture.ts";
import { errorsIn } from "../support/criu.ts";
import { end } from "../support/end.ts";
import { EXECUTABLE, installExecutable, PLACE } from "../support/fixture-executable.ts";
import { manifestOf } from "../support/fixture-manifest.ts";
import { allPids, executableOf, textOf } from "../support/proc.ts";
import { CRIU } from "../support/requirements.ts";
import * as command from "../support/restage.ts";
import { until } from "../support/until.ts";

/** A running fixture that is ready to be checkpointed. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  readonly directory: string;
  readonly images: string;
}

/** Starts a fixture, and waits until it has set itself up. */
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
    // Connections of an earlier run have to expire, or a busy machine kept a task waiting for too long.
    const passes = ["Address already in use", "Cannot assign requested address", "is not ready"];
    if (!passes.some((words) => error.includes(words)) || performance.now() > end) throw new Error(error);
    await sleep(1000);
  }
}

/** A bit longer than the kernel keeps the ports of closed connections, in milliseconds. */
const TIME_WAIT = 65_000;

/** Checkpoints a program with the command. */
export function checkpoint({ pid, images }: Program, runtime: Runtime, options: readonly string[] = []): Outcome {
  return run([...RUNTIMES[runtime], "checkpoint", String(pid), "-D", images, ...options]);
}

/** Restores a program with the command. */
export function restore({ images }: Program, runtime: Runtime, options: readonly string[] = []): Outcome {
  return run([...RUNTIMES[runtime], "restore", "-d", "-D", images, ...options]);
}

/** Restores a program with CRIU. Waits for its pids first, because CRIU does not. */
export async function restoreByCriu({ name, images }: Program, options: readonly string[] = []): Promise<Outcome> {
  await haveGone(name);
  const log = `${images}/restore.log`;
  const words = ["restore", "-d", "-D", images, "-o", log, "-v4", "--manage-cgroups=ignore", ...options];
  const { status } = run([CRIU, ...words]);
  return { status, output: status === 0 ? "" : errorsIn(log) };
}

/** Lets a program examine itself. Returns `pass`, or what it found. */
export async function verdictOf({ directory, name }: Program): Promise<string> {
  const result = `${directory}/result`;
  if (existsSync(result)) throw new Error(`${name} wrote a result too early`);
  writeFileSync(`${directory}/go`, "");
  await until(() => existsSync(result) && statSync(result).size > 0, `${name} has a result`);
  return readFileSync(result, "utf8").trim();
}

/** Ends every task of a program, and removes its files. */
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

/** Whether a program has its own root directory. */
function hasRoot(name: string): boolean {
  return manifestOf(name).setup.includes("root");
}

/** Makes a root directory that is a mount point: CRIU accepts no other. */
function makeRoot(name: string): void {
  const root = makeMountPoints(name);
  execFileSync("mount", ["--bind", root, root]);
  execFileSync("mount", ["--make-private", root]);
}

/** The exit status of a command, and what it printed if it failed. */
export interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

function run(words: readonly string[]): Outcome {
  const { status, stdout, stderr, error } = command.run(words);
  if (error !== undefined) throw error;
  return { status, output: status === 0 ? "" : stdout + stderr };
}

/** Pids of the tasks of a program, recognized by their executable and first argument. */
export function tasksOf(name: string): readonly number[] {
  const isFixture = (pid: number) => executableOf(pid)?.startsWith(EXECUTABLE) === true;
  return allPids().filter((pid) => isFixture(pid) && textOf(`/proc/${pid}/cmdline`).split("\0")[1] === name);
}

function pidOf(name: string): number {
  return Number(execFileSync(EXECUTABLE, ["--pid", name], { encoding: "utf8" }));
}

/** Waits until the pids of a program are free: init may have to reap zombies. */
async function haveGone(name: string): Promise<void> {
  await until(() => !pidsOf(name).some((pid) => existsSync(`/proc/${pid}`)), `the pids of ${name} are free`);
}

/** Pids and thread IDs that a program has on this host. */
function pidsOf(name: string): readonly number[] {
  const { setup, tids } = manifestOf(name);
  return setup.includes("pidns") ? [pidOf(name)] : tids;
}
