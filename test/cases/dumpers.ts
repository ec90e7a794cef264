import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, TestRunner } from "vitest";
import { restage } from "../support/restage.ts";
import { NOT_YET } from "./not-yet.ts";

const criu = process.env["CRIU"] ?? "";
const TIME = 20_000;

/** Who makes the checkpoints of programs that tests restore. */
export type Dumper = "CRIU" | "Restage";

const nothing =
  process.getuid?.() !== 0 ? "not root" : spawnSync("gcc", ["--version"]).status !== 0 ? "no gcc" : undefined;

/** Why one cannot make them here, or undefined when it can. */
const MISSING: Readonly<Record<Dumper, string | undefined>> = {
  CRIU: nothing ?? (existsSync(criu) ? undefined : "CRIU=PATH names no criu"),
  Restage: nothing,
};
/** Why CRIU cannot: for tests of what CRIU alone makes. */
export const missing = MISSING.CRIU;
for (const [name, why] of Object.entries(MISSING))
  if (why !== undefined) console.warn(`skipped: checkpoints of programs by ${name} (${why})`);

/** Whose turn it is. */
let turn: Dumper = "CRIU";

/**
 * Describes tests that call `dumpProgram`, once with each dumper.
 *
 * @param reason why they cannot run here at all.
 */
export function describeDumped(title: string, tests: () => void, reason?: string): void {
  for (const dumper of ["CRIU", "Restage"] as const) {
    const why = reason ?? MISSING[dumper];
    const full = `${title}, from ${dumper}'s images${why === undefined ? "" : ` (SKIPPED: ${why})`}`;
    describe.skipIf(why !== undefined)(full, () => {
      beforeEach(() => {
        turn = dumper;
      });
      tests();
    });
  }
}

/**
 * Checkpoints a program. A test of a case that Restage does not save yet ends here: it is seen that the program is refused.
 *
 * @param name of the case.
 */
export function dump(images: string, pid: number, flags: readonly string[], name = ""): void {
  if (turn === "CRIU") dumpWithCriu(images, pid, flags);
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

/** Its log tells what went wrong. */
function dumpWithCriu(images: string, pid: number, flags: readonly string[]): void {
  const common = ["dump", "-t", String(pid), "-D", images, "-o", "dump.log", "-v4", "--manage-cgroups=ignore"];
  const { status, error } = spawnSync(criu, [...common, ...flags], { timeout: TIME });
  if (status === 0) return;
  if (error !== undefined) throw error;
  const log = readFileSync(join(images, "dump.log"), "utf8").split("\n");
  throw new Error(`Cannot checkpoint task ${pid}: ${log.slice(-12).join("\n")}`);
}
