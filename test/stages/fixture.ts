import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { type Plugin, type RestoredTree, RestoreError, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { FIXTURES, installExecutable, missing, PLACE } from "../support/fixture-executable.ts";

export { missing };

if (missing !== undefined) console.warn(`skipped: restores of fixtures (${missing})`);

/** The images of a fixture. */
export function imagesOf(name: string): string {
  return `${FIXTURES}images/${name}`;
}

/** Puts the files of a fixture where they were at the checkpoint. */
export function prepare(name: string): void {
  installExecutable();
  const directory = `${PLACE}/${name}`;
  rmSync(directory, { recursive: true, force: true });
  for (const line of readFileSync(`${FIXTURES}images/${name}.files/LIST`, "utf8").split("\n")) {
    const [type, mode, uid, gid, , ...words] = line.split(" ");
    if (type === undefined || mode === undefined) continue;
    const path = `${directory}/${words.join(" ")}`;
    if (type === "d") mkdirSync(path, { recursive: true });
    else if (type === "f") cpSync(`${FIXTURES}images/${name}.files/data/${words.join(" ")}`, path);
    else if (type === "p") execFileSync("mkfifo", [path]);
    else continue;
    chownSync(path, Number(uid), Number(gid));
    chmodSync(path, Number.parseInt(mode, 8));
  }
}

/** Removes them again. */
export function cleanUp(name: string): void {
  rmSync(`${PLACE}/${name}`, { recursive: true, force: true });
}

/** Restores a fixture in this process; the tree is a child of it. */
export async function restoreFixture(name: string, plugins: readonly Plugin[]): Promise<RestoredTree> {
  const kernel = await openKernel();
  try {
    return await restore({ images: imagesOf(name), plugins }, kernel, defaultPlugins());
  } finally {
    kernel.close();
  }
}

/** The error with which a restore fails. */
export async function failureOf(name: string, plugins: readonly Plugin[]): Promise<RestoreError> {
  try {
    await restoreFixture(name, plugins);
  } catch (error) {
    if (error instanceof RestoreError) return error;
    throw error;
  }
  throw new Error(`The restore of ${name} did not fail`);
}

/** Pids of a fixture that somebody has: a process, a thread or a zombie. */
export function takenPids(name: string): readonly number[] {
  const line = readFileSync(`${FIXTURES}fixtures.json`, "utf8")
    .split("\n")
    .find((line) => line.startsWith(`{"name": "${name}",`));
  const { pids, tids } = JSON.parse((line ?? "{}").replace(/,$/, "")) as { pids: number[]; tids: number[] };
  return [...new Set([...pids, ...tids])].filter((pid) => existsSync(`/proc/${pid}`));
}

/** Tasks whose executable is a fixture's, and stubs of this process's restores, or of a coordinator that is dead. */
export function fixtureTasks(): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    const executable = /^\d+$/.test(pid) ? readExecutable(pid) : "";
    if (executable.startsWith(`${PLACE}/fixture`)) return `${pid} ${executable}`;
    const parent = executable.includes("restage-stub") ? parentOf(pid) : undefined;
    return parent === 1 || parent === process.pid ? `${pid} ${executable}` : [];
  });
}

function readExecutable(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return "";
  }
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}
