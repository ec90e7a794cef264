import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, it, type TestContext } from "vitest";
import { whyUntrusted } from "../../packages/core/src/config/why-untrusted.ts";
import { FIXTURES } from "./fixture-executable.ts";
import { ROOT } from "./restage.ts";

/** The CRIU that tests use: of version 4.2 or newer. */
export const CRIU = process.env["CRIU"] ?? "";

/** The user and the group nobody. */
export const NOBODY = 65534;

/** Why a test cannot run on this machine; undefined where it can. */
export type Obstacle = string | undefined;

export const noRoot: Obstacle = process.getuid?.() === 0 ? undefined : "needs root to restore processes";

/** Configurations of the repository itself are refused below a directory such as /tmp, and where the repository belongs to another user. */
export const untrustedRepository: Obstacle =
  noRoot ??
  (whyUntrusted(import.meta.dirname) === undefined
    ? undefined
    : "needs a repository that only its user and root can change, and not below /tmp");

/** Why the user nobody cannot run the command of this repository. */
export const noNobody: Obstacle =
  noRoot ??
  (canRunAsNobody() ? undefined : "needs setpriv, and a repository and a runtime that the user nobody can read");

export const noFixtures: Obstacle =
  noRoot ?? (existsSync(`${FIXTURES}bin/fixture`) ? undefined : "needs ../shared/fixtures beside the repository");

export const noCompiler: Obstacle = noRoot ?? (succeeds("gcc") ? undefined : "needs gcc to compile the program");

export const noCriu: Obstacle = existsSync(CRIU) ? undefined : "needs CRIU 4.2: set CRIU=PATH";

/** Whether a program is there, and tells its version. */
export function succeeds(program: string): boolean {
  return spawnSync(program, ["--version"], { timeout: 20_000 }).status === 0;
}

function canRunAsNobody(): boolean {
  const nobody = `--reuid=${NOBODY} --regid=${NOBODY} --clear-groups`.split(" ");
  const readable = ["test", "-r", `${ROOT}tools/run.mjs`, "-a", "-x", process.execPath];
  return spawnSync("setpriv", [...nobody, ...readable]).status === 0;
}

/** Describes tests, or skips all of them and says why. */
export function describeUnless(obstacle: Obstacle, title: string, tests: () => void): void {
  describe.skipIf(obstacle !== undefined)(announced(title, obstacle), tests);
}

/** Defines a test, or skips it and says why. */
export function itUnless(
  obstacle: Obstacle,
  title: string,
  test: (context: TestContext) => void | Promise<void>,
  milliseconds?: number,
): void {
  it.skipIf(obstacle !== undefined)(announced(title, obstacle), test, milliseconds);
}

/** Says that a test is skipped, which a green run would hide. The console would not do: what passing tests print is not shown. */
export function announceSkipped(title: string, obstacle: string): void {
  process.stderr.write(`SKIPPED: ${title} (${obstacle})\n`);
}

function announced(title: string, obstacle: Obstacle): string {
  if (obstacle === undefined) return title;
  announceSkipped(title, obstacle);
  return `${title} (SKIPPED: ${obstacle})`;
}
