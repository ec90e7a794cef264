import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";

/** Below it are the programs and files of all checkpoints that tests restore. */
const PLACE = "/tmp/restage-fixtures";

/** What others do on this machine meanwhile goes away again, and init reaps what a killed coordinator has left. */
const PATIENCE = 10_000;

/** What a restore could leave on this machine, a line each. */
export function survey(): readonly string[] {
  return [...tasks(), ...files(PLACE), ...mounts(), ...ownDescriptors(), ...ownMappings(), ...namedSockets()].sort();
}

/** Waits until the machine is as it was, and fails when it is not. */
export async function expectNothingLeft(before: readonly string[]): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end && survey().join("\n") !== before.join("\n")) await sleep(50);
  expect(survey()).toEqual(before);
}

/** Restored programs, by their executables; children of this process, zombies above all; and stubs whose coordinators are dead. */
function* tasks(): Generator<string> {
  for (const pid of numbersIn("/proc")) {
    const executable = linkOf(`/proc/${pid}/exe`);
    const status = textOf(`/proc/${pid}/status`);
    const parent = Number(field(status, "PPid"));
    const isOrphan = parent === 1 && executable?.includes("restage-stub") === true;
    if (executable?.startsWith(PLACE) !== true && parent !== process.pid && !isOrphan) continue;
    yield `task ${pid} ${executable ?? field(status, "Name")} ${field(status, "State")?.charAt(0)}`;
  }
}

/** Files with their sizes: a task that was let go would write into its log. */
function* files(directory: string): Generator<string> {
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) yield* files(path);
    yield `file ${path} ${stat?.isFile() === true ? stat.size : ""}`;
  }
}

function* mounts(): Generator<string> {
  for (const line of linesOf("/proc/self/mountinfo")) yield `mount ${line}`;
}

/** What this process has open of a restore: memfds, files of processes, image directories. */
function* ownDescriptors(): Generator<string> {
  for (const number of numbersIn("/proc/self/fd")) {
    const target = linkOf(`/proc/self/fd/${number}`);
    if (target !== undefined && /memfd:|pidfd|restage/.test(target)) yield `descriptor ${target}`;
  }
}

function* ownMappings(): Generator<string> {
  for (const line of linesOf("/proc/self/maps")) if (line.includes("memfd:")) yield `mapping ${line}`;
}

/** Sockets with names of restores, but for those of other processes that live. */
function* namedSockets(): Generator<string> {
  for (const line of linesOf("/proc/net/unix")) {
    const [name, pid] = /@restage-(\d+)-\S*/.exec(line) ?? [];
    if (name === undefined) continue;
    if (Number(pid) === process.pid || !existsSync(`/proc/${pid}`)) yield `socket ${name}`;
  }
}

function numbersIn(directory: string): readonly string[] {
  return namesIn(directory).filter((name) => /^\d+$/.test(name));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function linesOf(path: string): readonly string[] {
  return textOf(path).split("\n");
}

function field(status: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1];
}
