import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type RestoredTree, type RestoreRequest, type RunStageName, restore } from "@restage/core";
import { openKernel, readProcesses } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { dump } from "./dumpers.ts";

export { describeDumped, dump, missing } from "./dumpers.ts";

const TIME = 20_000;

/** A program, where it runs, and the directory of its images. */
export interface DumpedProgram {
  /** Where it runs. */
  readonly directory: string;
  readonly images: string;
  readonly pid: number;
  /** The session that it was started in. */
  readonly session: number;
}

/** One that runs, and is ready to be checkpointed. */
export interface RunningProgram extends DumpedProgram {
  /** Its end, when its parent has noticed. */
  readonly ended: Promise<unknown>;
}

/**
 * Compiles a program, runs it until it is ready, and checkpoints it: with the dumper whose turn it is, else with CRIU.
 *
 * @param source the directory with program.c.
 * @param flagsOf flags of `criu dump` and `restage checkpoint`, when the program is ready; it may make earlier ones (`dump`).
 * @param prepare puts into its directory what the program needs.
 * @param compiler flags of the compiler.
 */
export async function dumpProgram(
  source: string,
  flagsOf: (directory: string, pid: number) => readonly string[] | Promise<readonly string[]> = () => [],
  prepare: (directory: string) => void = () => {},
  compiler: readonly string[] = [],
): Promise<DumpedProgram> {
  const program = await startProgram(source, prepare, compiler);
  const { directory, images, pid } = program;
  try {
    dump(images, pid, await flagsOf(directory, pid), basename(source));
    await program.ended;
    // Its children may wait for init to reap them.
    await until(() => !hasSession(pid), `all tasks of ${source} are gone`);
  } catch (error) {
    forget(program);
    throw error;
  }
  return program;
}

/** Compiles a program, and runs it until it is ready. */
export async function startProgram(
  source: string,
  prepare: (directory: string) => void = () => {},
  compiler: readonly string[] = [],
): Promise<RunningProgram> {
  const { place, directory, images } = makePlace();
  const program = join(place, "program");
  compile(join(source, "program.c"), program, compiler);
  prepare(directory);
  // Sockets and pipes of this process could not be checkpointed.
  const messages = openSync(join(place, "messages"), "a");
  const task = spawn(program, [], { cwd: directory, detached: true, stdio: ["ignore", "ignore", messages] });
  closeSync(messages);
  const ended = new Promise((resolve) => task.once("exit", resolve));
  const pid = task.pid ?? 0;
  const running = { directory, images, pid, session: pid, ended };
  try {
    await until(() => existsSync(join(directory, "ready")), `${source} is ready`);
  } catch (error) {
    forget(running);
    throw error;
  }
  return { ...running, pid: treeIn(directory) ?? running.pid };
}

/** The root of a tree that is not the program itself: a program that stays outside says so. */
function treeIn(directory: string): number | undefined {
  const file = join(directory, "tree");
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

/** A directory with one for a program to run in and one for its images. */
export function makePlace() {
  const place = mkdtempSync(join(tmpdir(), "restage-case-"));
  const directory = join(place, "run");
  const images = join(place, "images");
  mkdirSync(directory);
  mkdirSync(images);
  return { place, directory, images };
}

export function compile(source: string, program: string, flags: readonly string[] = []): void {
  execFileSync("gcc", ["-O1", "-Wall", "-Werror", "-pthread", ...flags, "-o", program, source], { timeout: TIME });
}

/** Is anybody in a session? */
function hasSession(sid: number): boolean {
  return [...readProcesses()].some(({ session }) => session === sid);
}

/** Restores it in this process, as a child of init. */
export async function restoreProgram(
  { images }: DumpedProgram,
  request: Partial<RestoreRequest> = {},
): Promise<RestoredTree> {
  const kernel = await openKernel();
  try {
    return await restore({ images, detached: true, ...request }, kernel, defaultPlugins());
  } finally {
    kernel.close();
  }
}

/** The words of a command that restores it, and is killed meanwhile: when the mounts are ready, or at the end of a stage. */
export function restoreThatDies(
  { images }: DumpedProgram,
  moment: RunStageName | "mountsReady",
  request: Partial<RestoreRequest> = {},
): readonly [string, ...string[]] {
  const jiti = join(dirname(createRequire(import.meta.url).resolve("jiti/package.json")), "lib/jiti-cli.mjs");
  const script = join(import.meta.dirname, "restore-and-die.ts");
  return [process.execPath, jiti, script, images, moment, JSON.stringify(request)];
}

/** Lets the restored program look at itself: `pass`, or what it found. */
export async function verdictOf({ directory }: DumpedProgram): Promise<string> {
  writeFileSync(join(directory, "go"), "");
  const result = join(directory, "result");
  await until(() => existsSync(result), "there is a result");
  return readFileSync(result, "utf8");
}

/** Ends whoever runs the program, and removes all files. */
export function forget({ directory, session }: DumpedProgram): void {
  const place = join(directory, "..");
  for (const process of readProcesses()) if (runs(process, place, session)) end(process.pid);
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").matchAll(/^(?:\S+ ){4}(\S+)/gm);
  for (const [, at = ""] of mounts) if (at.startsWith(`${place}/`)) spawnSync("umount", ["--lazy", at]);
  rmSync(place, { recursive: true, force: true });
}

/** Waits for something. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + TIME;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited for ${TIME} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Does a process execute the program? In mounts of its own that has another path, and may be a copy. */
function runs(process: { readonly pid: number; readonly session: number }, place: string, session: number): boolean {
  try {
    const executable = readlinkSync(`/proc/${process.pid}/exe`);
    return executable.startsWith(`${place}/`) || (process.session === session && /\/program( |$)/.test(executable));
  } catch {
    // It has ended, or is a thread of the kernel.
    return false;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
