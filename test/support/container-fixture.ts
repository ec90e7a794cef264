import {
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { RestoreRequest } from "@restage/core";
import { FIXTURES, installExecutable, PLACE } from "./fixture-executable.ts";
import { survey } from "./leftovers.ts";

/** Who is root in the user namespace of the checkpoint. */
const USER = 100_000;

/** What the checkpoint comes back to: files from outside, and mount points in its root. */
export function placeContainer(name: string): void {
  const files = `${FIXTURES}images/${name}.files`;
  mkdirSync(`${PLACE}/${name}`, { recursive: true });
  for (const file of readdirSync(`${files}/data`)) {
    copyFileSync(`${files}/data/${file}`, `${PLACE}/${name}/${file}`);
    // As root of the user namespace it belongs to another user here.
    if (name === "userns") chownSync(`${PLACE}/${name}/${file}`, USER, USER);
  }
  installExecutable();
  for (const folder of ["proc", "dev", "t", "b", `tmp/restage-fixtures/${name}`]) {
    mkdirSync(`${PLACE}/${name}.root/${folder}`, { recursive: true });
  }
  writeFileSync(`${PLACE}/${name}.root/tmp/restage-fixtures/fixture`, "");
}

export function removeContainer(name: string): void {
  rmSync(`${PLACE}/${name}`, { recursive: true, force: true });
  rmSync(`${PLACE}/${name}.root`, { recursive: true, force: true });
}

/** The host's links and namespaces, beside what every restore could leave. */
export function surveyAll(): readonly string[] {
  const links = readdirSync("/sys/class/net").map((name) => `link ${name}`);
  const namespaces = new Set<string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const kind of ["mnt", "net", "uts", "ipc", "pid", "user"]) {
      try {
        namespaces.add(readlinkSync(`/proc/${pid}/ns/${kind}`));
      } catch {
        // It has ended, or is a zombie.
      }
    }
  }
  const hostname = readFileSync("/proc/sys/kernel/hostname", "utf8");
  return [...links, ...[...namespaces].sort(), hostname, ...survey()];
}

/** How it is restored. */
export function requestOf(name: string): RestoreRequest {
  return {
    images: `${FIXTURES}images/${name}`,
    detached: true,
    root: `${PLACE}/${name}.root`,
    external: [`mnt[dir]:${PLACE}/${name}`, `mnt[exe]:${PLACE}/fixture`],
    skipFileRwxCheck: true,
  };
}
