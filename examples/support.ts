// Shared by the examples: running one, running the command, and starting a program in the background.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));

export const isRoot = process.getuid?.() === 0;

/** The command: built for Node, its sources on Deno and Bun. */
export const RESTAGE = commandOfThisRuntime();

/** Runs an example, or prints why it cannot run here. The exit code is 0 if the example completed. */
export async function runExample(example: () => Promise<void>, obstacle = needsRoot): Promise<void> {
  try {
    const reason = platformObstacle() ?? obstacle();
    if (reason !== undefined) throw new Error(reason);
    await example();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** The obstacle to most examples for users other than root. */
export function needsRoot(): string | undefined {
  return isRoot ? undefined : "This example requires root: run it with sudo.";
}

/** Kernel settings that forbid users other than root to stop a process or to make a user namespace. */
const SETTINGS: readonly (readonly [file: string, isObstacle: (value: number) => boolean])[] = [
  ["/proc/sys/kernel/yama/ptrace_scope", (value) => value > 0],
  ["/proc/sys/kernel/unprivileged_userns_clone", (value) => value === 0],
  ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns", (value) => value > 0],
  ["/proc/sys/user/max_user_namespaces", (value) => value === 0],
];

/** The settings that forbid it on this machine, a line for each; undefined if there are none. */
export function forbiddenWithoutRoot(): string | undefined {
  const set = SETTINGS.flatMap(([file, isObstacle]) => {
    if (!existsSync(file)) return [];
    const value = readFileSync(file, "utf8").trim();
    return isObstacle(Number(value)) ? [`  ${file} is ${value}`] : [];
  });
  return set.length === 0 ? undefined : set.join("\n");
}

function platformObstacle(): string | undefined {
  const isSupported = process.platform === "linux" && process.arch === "x64";
  return isSupported ? undefined : "Restage requires Linux on x86_64.";
}

/** Runs a function with an empty directory, and removes the directory afterwards. */
export async function inNewDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "restage-example-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs the command in a directory, on this terminal, as a user would. Throws when it fails. */
export async function restage(directory: string, ...words: readonly string[]): Promise<void> {
  console.log(`\n$ restage ${words.join(" ")}`);
  const [program = "", ...first] = RESTAGE;
  const child = spawn(program, [...first, ...words], { cwd: directory, stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  if (code !== 0) throw new Error(`restage failed with exit code ${code}.`);
}

function commandOfThisRuntime(): readonly string[] {
  const { bun, deno } = process.versions;
  const path = (name: string) => fileURLToPath(new URL(`../packages/cli/${name}`, import.meta.url));
  if (deno !== undefined) return [process.execPath, "run", "-A", "--no-check", path("src/restage.ts")];
  if (bun !== undefined) return [process.execPath, path("src/restage.ts")];
  return [process.execPath, path("dist/restage.cjs")];
}

/** Starts a program in its own session, with only files open. Returns its pid. */
export function startInBackground(directory: string, ...[program, ...words]: readonly [string, ...string[]]): number {
  const messages = openSync(join(directory, "messages"), "a");
  const stdio = ["ignore", messages, messages] as const;
  const child = spawn(program, words, { cwd: directory, detached: true, stdio: [...stdio] });
  child.on("error", (error) => console.error(`${program}: ${error.message}`));
  closeSync(messages);
  child.unref();
  return child.pid ?? 0;
}

/** Whether a process runs. A zombie does not. */
export function runs(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s*[ZX]/m.test(readFileSync(status, "utf8"));
}

/** Ends a process, and waits until its pid is free. */
export async function end(pid: number): Promise<void> {
  for (let tries = 0; tries < 300 && existsSync(`/proc/${pid}`); tries++) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
    await sleep(20);
  }
}
