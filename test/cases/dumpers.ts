import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, TestRunner } from "vitest";
import { errorsIn } from "../support/criu.ts";
import { CRIU, describeUnless, noCompiler, noCriu, type Obstacle } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { NOT_YET } from "./not-yet.ts";

/** A program that makes the checkpoints that tests restore. */
export type Dumper = "CRIU" | "Restage";

/** Why CRIU cannot dump programs here. */
export const noDumpsByCriu: Obstacle = noCompiler ?? noCriu;

const OBSTACLES: Readonly<Record<Dumper, Obstacle>> = { CRIU: noDumpsByCriu, Restage: noCompiler };

/** The dumper of the test that runs, or is being defined; CRIU outside of `describeDumped`. */
let current: Dumper = "CRIU";

/** Whether the test that runs, or is being defined, saves programs with Restage. */
export function isRestage(): boolean {
  return current === "Restage";
}

/**
 * Describes tests that call `dumpCase`, once with each dumper.
 *
 * @param obstacle why no dumper can run them here.
 * @param dumpers those that can save the programs.
 */
export function describeDumped(
  title: string,
  tests: () => void,
  obstacle?: Obstacle,
  dumpers: readonly Dumper[] = ["CRIU", "Restage"],
): void {
  for (const dumper of dumpers) {
    describeUnless(obstacle ?? OBSTACLES[dumper], `${title}, from ${dumper}'s images`, () => {
      beforeEach(() => {
        current = dumper;
        onTestFinished(() => {
          current = "CRIU";
        });
      });
      current = dumper;
      tests();
      current = "CRIU";
    });
  }
}

/**
 * Checkpoints a program. Where Restage cannot save a case yet, checks that it refuses the program, and skips the rest of the test.
 *
 * @param name of the case.
 */
export function dump(images: string, pid: number, flags: readonly string[], name = ""): void {
  if (current === "CRIU") dumpWithCriu(images, pid, flags);
  else dumpWithRestage(images, pid, flags, name);
}

function dumpWithRestage(images: string, pid: number, flags: readonly string[], name: string): void {
  const refusal = NOT_YET[name];
  const { status, stderr } = restage(["checkpoint", String(pid), "-D", images, ...flags]);
  if (refusal === undefined) {
    expect(status, stderr).toBe(0);
    return;
  }
  expect(stderr).toContain(refusal);
  expect(status).not.toBe(0);
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  TestRunner.getCurrentTest()?.context.skip(`Restage refuses it: ${refusal}`);
}

/** CRIU mounts every hierarchy of the machine, and cannot while another test run mounts or unmounts one of its own. */
const PASSING = /Unable to create the cgroup \(name=restage-/;

function dumpWithCriu(images: string, pid: number, flags: readonly string[]): void {
  const common = ["dump", "-t", String(pid), "-D", images, "-o", "dump.log", "-v4", "--manage-cgroups=ignore"];
  for (let tries = 1; ; tries++) {
    const { status, error } = spawnSync(CRIU, [...common, ...flags], { timeout: 20_000 });
    if (status === 0) return;
    if (error !== undefined) throw error;
    const errors = errorsIn(join(images, "dump.log"));
    if (tries === 3 || !PASSING.test(errors)) throw new Error(`CRIU cannot checkpoint task ${pid}:\n${errors}`);
  }
}
