import { chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { RestoreRequest } from "@restage/core";
import { FIXTURES, installExecutable, PLACE } from "./fixture-executable.ts";
import { survey } from "./leftovers.ts";
import { allPids, linkOf } from "./proc.ts";

/** The user that is root in the user namespace of the checkpoint. */
const USER = 100_000;

/** Puts files and mount points where a container's checkpoint expects them. */
export function placeContainer(name: string): void {
  const files = `${FIXTURES}images/${name}.files`;
  mkdirSync(`${PLACE}/${name}`, { recursive: true });
  for (const file of readdirSync(`${files}/data`)) {
    copyFileSync(`${files}/data/${file}`, `${PLACE}/${name}/${file}`);
    // A file of the namespace's root belongs to another user outside.
    if (name === "userns") chownSync(`${PLACE}/${name}/${file}`, USER, USER);
  }
  installExecutable();
  makeMountPoints(name);
}

/** Makes the root directory of a container's tree, with its mount points. */
export function makeMountPoints(name: string): string {
  const root = `${PLACE}/${name}.root`;
  for (const folder of ["proc", "dev", "t", "b", `tmp/restage-fixtures/${name}`])
    mkdirSync(`${root}/${folder}`, { recursive: true });
  writeFileSync(`${root}/tmp/restage-fixtures/fixture`, "");
  return root;
}

/** Removes what `placeContainer` made, except the executable. */
export function removeContainer(name: string): void {
  rmSync(`${PLACE}/${name}`, { recursive: true, force: true });
  rmSync(`${PLACE}/${name}.root`, { recursive: true, force: true });
}

/** The host's links and namespaces, in addition to what `survey` lists. */
export function surveyAll(): readonly string[] {
  const links = readdirSync("/sys/class/net").map((name) => `link ${name}`);
  const namespaces = allPids().flatMap((pid) =>
    ["mnt", "net", "uts", "ipc", "pid", "user"].flatMap((kind) => linkOf(`/proc/${pid}/ns/${kind}`) ?? []),
  );
  const hostname = readFileSync("/proc/sys/kernel/hostname", "utf8");
  return [...links, ...[...new Set(namespaces)].sort(), hostname, ...survey()];
}

/** How a container's checkpoint is restored. */
export function requestOf(name: string): RestoreRequest {
  return {
    images: `${FIXTURES}images/${name}`,
    detached: true,
    root: `${PLACE}/${name}.root`,
    external: [`mnt[dir]:${PLACE}/${name}`, `mnt[exe]:${relative(process.cwd(), `${PLACE}/fixture`)}`],
    skipFileRwxCheck: true,
  };
}
