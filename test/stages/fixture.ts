import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import type { Plugin, RestoreError } from "@restage/core";
import { expect } from "vitest";
import { failureOf } from "../support/failure-of.ts";
import { FIXTURES, installExecutable, PLACE } from "../support/fixture-executable.ts";
import { manifestOf } from "../support/fixture-manifest.ts";
import { tasks } from "../support/leftovers.ts";
import { restoreHere } from "../support/restore-here.ts";

/** The images of a fixture. */
export function imagesOf(name: string): string {
  return `${FIXTURES}images/${name}`;
}

/** Puts the files of a fixture where its checkpoint expects them. */
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

/** Removes the files of a fixture. */
export function cleanUp(name: string): void {
  rmSync(`${PLACE}/${name}`, { recursive: true, force: true });
}

/** The error with which a restore of a fixture in this process fails. */
export function failureWith(name: string, ...plugins: readonly Plugin[]): Promise<RestoreError> {
  return failureOf(restoreHere({ images: imagesOf(name), plugins }));
}

/** Pids and thread IDs of a fixture that are in use, also by zombies. */
export function takenPids(name: string): readonly number[] {
  return manifestOf(name).tids.filter((pid) => existsSync(`/proc/${pid}`));
}

/** Fails when anything of a fixture, or of its restore, still exists. */
export function expectAllGone(name: string): void {
  expect(takenPids(name)).toEqual([]);
  expect([...tasks()]).toEqual([]);
}
