import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RestoredTree, RestoreRequest, RunStageName } from "@restage/core";
import { readProcesses } from "@restage/linux";
import { expect, onTestFinished } from "vitest";
import { allowedIn, COMPARED, differences, type Observation, observe } from "../observe/observe.ts";
import { compile } from "../support/compile.ts";
import { kill } from "../support/end.ts";
import { executableOf } from "../support/proc.ts";
import { restoreHere } from "../support/restore-here.ts";
import { commandFor } from "../support/script.ts";
import { until } from "../support/until.ts";
import { dump, isRestage } from "./dumpers.ts";

/** A checkpointed program, and the directory that it ran in. */
export interface DumpedProgram {
  readonly directory: string;
  readonly images: string;
  readonly pid: number;
  /** The session that it was started in. */
  readonly session: number;
  /** The name of the case. */
  readonly name?: string;
  /** What the kernel showed of it before Restage saved it. */
  readonly before?: Observation;
}

/** A running program that is ready to be checkpointed. */
export interface RunningProgram extends DumpedProgram {
  /** Resolves when its parent has noticed its end. */
  readonly ended: Promise<unknown>;
}

/** How a case is compiled, prepared and checkpointed. */
export interface CaseOptions {
  /** Flags of both `criu dump` and `restage checkpoint`. */
  readonly flags?: readonly string[];
  /** Flags that depend on the running program. May make earlier checkpoints with `dump`. */
  readonly flagsFor?: (directory: string, pid: number) => readonly string[] | Promise<readonly string[]>;
  /** Puts what the program needs into its directory. */
  readonly prepare?: ((directory: string) => void) | undefined;
  /** Flags of the compiler. */
  readonly compiler?: readonly string[];
}

/** Compiles the program of a case, runs it until it is ready, and checkpoints it with the current dumper. */
export async function dumpCase(name: string, options: CaseOptions = {}): Promise<DumpedProgram> {
  const { flags = [], flagsFor = () => flags, prepare, compiler } = options;
  const program = await startProgram(join(import.meta.dirname, name), prepare, compiler);
  const { directory, images, pid } = program;
  const flagsToUse = await flagsFor(directory, pid);
  const before = isRestage() && COMPARED.has(name) ? observe(pid) : undefined;
  dump(images, pid, flagsToUse, name);
  await program.ended;
  // Its children may be waiting for init to reap them.
  await until(() => !hasSession(pid), `every task of ${name} is gone`);
  return before === undefined ? program : { ...program, name, before };
}

/** Runs a program until it is ready, and checkpoints it with the current dumper. */
export async function dumpWords(
  words: readonly string[],
  place: Place,
  environment: NodeJS.ProcessEnv,
): Promise<DumpedProgram> {
  const program = await runWords(words, place, environment);
  dump(program.images, program.pid, []);
  await program.ended;
  return program;
}

/** Compiles the program in a directory, and runs it until it is ready. The end of the test ends it and removes its files. */
export async function startProgram(
  source: string,
  prepare: (directory: string) => void = () => {},
  compiler: readonly string[] = [],
): Promise<RunningProgram> {
  const place = makePlace();
  const program = join(place.place, "program");
  compile(join(source, "program.c"), program, compiler);
  prepare(place.directory);
  return await runWords([program], place, process.env);
}

/** Runs a program until it is ready. The end of the test ends it and removes its files. */
async function runWords(
  [program = "", ...words]: readonly string[],
  { place, directory, images }: Place,
  env: NodeJS.ProcessEnv,
): Promise<RunningProgram> {
  // It must not hold sockets and pipes of this process, which could not be checkpointed.
  const messages = openSync(join(place, "messages"), "a");
  const task = spawn(program, words, { cwd: directory, detached: true, stdio: ["ignore", "ignore", messages], env });
  closeSync(messages);
  const ended = new Promise((resolve) => task.once("exit", resolve));
  const pid = task.pid ?? 0;
  const running = { directory, images, pid, session: pid, ended };
  onTestFinished(() => forget(running));
  await until(() => existsSync(join(directory, "ready")), `${program} is ready`, 20_000);
  return { ...running, pid: treeIn(directory) ?? pid };
}

/** The pid of the tree to checkpoint, for a program that stays outside of it and says so. */
function treeIn(directory: string): number | undefined {
  const file = join(directory, "tree");
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

/** A directory with a subdirectory for a program to run in and one for its images. */
export interface Place {
  readonly place: string;
  readonly directory: string;
  readonly images: string;
}

export function makePlace(): Place {
  const place = mkdtempSync(join(tmpdir(), "restage-case-"));
  const directory = join(place, "run");
  const images = join(place, "images");
  mkdirSync(directory);
  mkdirSync(images);
  return { place, directory, images };
}

/** Whether a session has any process. */
function hasSession(sid: number): boolean {
  return [...readProcesses()].some(({ session }) => session === sid);
}

/** Options of a restore that make the tree another one, so that what the kernel shows of it must differ. */
const CHANGING = [
  "plugins",
  "newPidNamespace",
  "pidPolicy",
  "joinNamespaces",
  "inheritFd",
  "manageCgroups",
  "cgroupRoot",
  "cgroupRoots",
  "root",
  "tcpClose",
] as const satisfies readonly (keyof RestoreRequest)[];

/** Restores a program in this process; init adopts it. If Restage saved it, the kernel must show the same of it as before, in the cases that are compared. */
export async function restoreProgram(
  { images, pid, name = "", before }: DumpedProgram,
  request: Partial<RestoreRequest> = {},
): Promise<RestoredTree> {
  const tree = await restoreHere({ images, detached: true, ...request });
  if (before !== undefined && !CHANGING.some((option) => option in request))
    expect(differences(before, observe(pid), allowedIn(name))).toEqual([]);
  return tree;
}

/** The command of a restore whose coordinator is killed: when the mounts are ready, or at the end of a stage. */
export function restoreThatDies(
  { images }: DumpedProgram,
  moment: RunStageName | "mountsReady",
  request: Partial<RestoreRequest> = {},
): readonly [string, ...string[]] {
  return commandFor(join(import.meta.dirname, "restore-and-die.ts"), images, moment, JSON.stringify(request));
}

/** Lets a restored program examine itself. Returns `pass`, or what it found. */
export async function verdictOf({ directory }: DumpedProgram): Promise<string> {
  writeFileSync(join(directory, "go"), "");
  const result = join(directory, "result");
  await until(() => existsSync(result), "there is a result", 20_000);
  return readFileSync(result, "utf8");
}

/** Ends every process that runs the program, and removes all its files. */
export function forget({ directory, session }: DumpedProgram): void {
  const place = join(directory, "..");
  for (const process of readProcesses()) if (runs(process, place, session)) kill(process.pid);
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").matchAll(/^(?:\S+ ){4}(\S+)/gm);
  for (const [, at = ""] of mounts) if (at.startsWith(`${place}/`)) spawnSync("umount", ["--lazy", at]);
  rmSync(place, { recursive: true, force: true });
}

/** Whether a process executes the program. In other mounts, the program has another path, and may be a copy. */
function runs(process: { readonly pid: number; readonly session: number }, place: string, session: number): boolean {
  const executable = executableOf(process.pid) ?? "";
  if (executable.startsWith(`${place}/`)) return true;
  return process.session === session && /\/(program|bash|python[\d.]*)( |$)/.test(executable);
}
