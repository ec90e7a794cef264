import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { PLACE } from "./fixture-executable.ts";
import { allPids, executableOf, linkOf, parentOf, statusOf, textOf } from "./proc.ts";
import { until } from "./until.ts";

/** How long other processes on this machine may change what `survey` lists, and init may take to reap orphans, in milliseconds. */
const PATIENCE = 10_000;

/** What a restore could leave on this machine, a line each. */
export function survey(): readonly string[] {
  const lines = [tasks(), files(PLACE), mounts(), ownDescriptors(), ownMappings(), namedSockets()];
  return lines.flatMap((each) => [...each]).sort();
}

/** Waits until the machine is as it was before, and fails when it stays different. */
export async function expectNothingLeft(before: readonly string[]): Promise<void> {
  const isSame = () => survey().join("\n") === before.join("\n");
  // The comparison of the two lists says more than a wait in vain.
  await until(isSame, "the machine is as it was", PATIENCE).catch(() => {});
  expect(survey()).toEqual(before);
}

/** Restored programs, children of this process (zombies above all), and stubs of dead coordinators. */
export function* tasks(): Generator<string> {
  for (const pid of allPids()) {
    const executable = executableOf(pid);
    const parent = parentOf(pid);
    const isOrphan = parent === 1 && executable?.includes("restage-stub") === true;
    if (executable?.startsWith(PLACE) !== true && parent !== process.pid && !isOrphan) continue;
    yield `task ${pid} ${executable ?? statusOf(pid, "Name")} ${statusOf(pid, "State")?.charAt(0)}`;
  }
}

/** Files with their sizes: a task that resumed would append to its log. */
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

/** Open descriptors of this process that belong to a restore: memfds, pidfds, image directories. */
function* ownDescriptors(): Generator<string> {
  for (const number of namesIn("/proc/self/fd")) {
    const target = linkOf(`/proc/self/fd/${number}`);
    if (target !== undefined && /memfd:|pidfd|restage/.test(target)) yield `descriptor ${target}`;
  }
}

function* ownMappings(): Generator<string> {
  for (const line of linesOf("/proc/self/maps")) if (line.includes("memfd:")) yield `mapping ${line}`;
}

/** Sockets that restores have named, except those of other live processes. */
function* namedSockets(): Generator<string> {
  for (const line of linesOf("/proc/net/unix")) {
    const [name, pid] = /@restage-(\d+)-\S*/.exec(line) ?? [];
    if (name === undefined) continue;
    if (Number(pid) === process.pid || !existsSync(`/proc/${pid}`)) yield `socket ${name}`;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linesOf(path: string): readonly string[] {
  return textOf(path).split("\n");
}
