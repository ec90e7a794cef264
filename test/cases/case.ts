import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type RestoredTree, type RestoreRequest, restore } from "@restage/core";
import { openKernel, readProcesses } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { dump } from "./dumpers.ts";

export { describeDumped, dump, missing } from "./dumpers.ts";

const TIME = 20_000;

/** A program that was checkpointed: its directory, and its images in it. */
export interface DumpedProgram {
  /** Where it runs. */
  readonly directory: string;
  readonly images: string;
  readonly pid: number;
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
  const { place, directory, images } = makePlace();
  const program = join(place, "program");
  compile(join(source, "program.c"), program, compiler);
  prepare(directory);
  // Sockets and pipes of this process could not be checkpointed.
  const messages = openSync(join(place, "messages"), "a");
  const task = spawn(program, [], { cwd: directory, detached: true, stdio: ["ignore", "ignore", messages] });
  closeSync(messages);
  const ended = new Promise((resolve) => task.once("exit", resolve));
  try {
    await until(() => existsSync(join(directory, "ready")), `${source} is ready`);
    const pid = task.pid ?? 0;
    dump(images, pid, await flagsOf(directory, pid), basename(source));
    await ended;
    // Its children may wait for init to reap them.
    await until(() => !hasSession(task.pid ?? 0), `all tasks of ${source} are gone`);
  } catch (error) {
    for (const { pid, session } of readProcesses()) if (session === task.pid) process.kill(pid, "SIGKILL");
    rmSync(place, { recursive: true, force: true });
    throw error;
  }
  return { directory, images, pid: task.pid ?? 0 };
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

/** Lets the restored program look at itself: `pass`, or what it found. */
export async function verdictOf({ directory }: DumpedProgram): Promise<string> {
  writeFileSync(join(directory, "go"), "");
  const result = join(directory, "result");
  await until(() => existsSync(result), "there is a result");
  return readFileSync(result, "utf8");
}

/** Ends what is left and removes all files. */
export function forget({ directory, pid }: DumpedProgram): void {
  const place = join(directory, "..");
  const executable = spawnSync("readlink", [`/proc/${pid}/exe`], { encoding: "utf8" }).stdout;
  if (executable.startsWith(place)) process.kill(pid, "SIGKILL");
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
