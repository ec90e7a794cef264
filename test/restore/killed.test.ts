import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cleanUp, imagesOf, prepare, takenPids } from "../stages/fixture.ts";
import { end } from "../support/end.ts";
import { manifestOf } from "../support/fixture-manifest.ts";
import { survey } from "../support/leftovers.ts";
import { isRunning, statusOf } from "../support/proc.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { COMMAND } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";

const HOOK = join(import.meta.dirname, "../checkpoint/harmless/kill-at.cjs");
/** All operations of a restore are tried, or a random sample for as long as the suite can wait: each time other ones, and always the last ones. */
const ALL = process.env["RESTAGE_EVERY_OPERATION"] === "1";
const TIME = ALL ? 3_600_000 : 10_000;
/** The commit is among the last operations. */
const LAST = ALL ? 0 : 15;

/** Zombies, threads and sessions; a task in every kind of state that a signal makes. */
const TREES = ["tree", "threads", "signals"];

/** Restores a fixture, detached, with a command that is killed before its n-th operation that changes something; 0 for a whole restore. */
function restore(name: string, operation: number, environment: Readonly<Record<string, string>> = {}) {
  const words = ["--require", HOOK, COMMAND, "restore", "-d", "-D", imagesOf(name)];
  const env = { ...process.env, RESTAGE_KILL_AT: String(operation), ...environment };
  return spawnSync(process.execPath, words, { encoding: "utf8", timeout: 300_000, env });
}

describeUnless(noFixtures, "a restore that is killed", () => {
  afterEach(async () => {
    for (const name of TREES) {
      await end(...takenPids(name));
      cleanUp(name);
    }
  });
  beforeEach(() => TREES.forEach(cleanUp));

  it.each(TREES)(
    "leaves nothing of %s, or all of it from the commit on",
    async (name) => {
      const { pids } = manifestOf(name);
      prepare(name);
      const clean = survey().join("\n");
      const counted = join(temporaryDirectory("killed"), "count");
      const whole = restore(name, 0, { RESTAGE_COUNT: counted });
      expect(whole.status, whole.stderr).toBe(0);
      const alive = pids.filter(isRunning);
      const stopped = alive.filter(isHeld);
      expect(alive.length).toBeGreaterThan(0);
      const operations = Number(readFileSync(counted, "utf8"));
      const damages: string[] = [];
      let lived = 0;
      let tried = 0;
      const stop = performance.now() + TIME;
      for (const operation of order(operations)) {
        if (performance.now() > stop) break;
        await end(...takenPids(name));
        await until(() => takenPids(name).length === 0, "the pids are free again");
        prepare(name);
        const { signal, status, stderr } = restore(name, operation);
        if (signal !== "SIGKILL" && status !== 0) damages.push(`operation ${operation}: ${stderr}`);
        tried++;
        // Init reaps what was killed, and the janitor ends.
        const isLeftAlone = () => survey().join("\n") === clean;
        const isWhole = () =>
          alive.every((pid) => isRunning(pid) && isHeld(pid) === stopped.includes(pid)) && !hasStubs();
        await until(() => isLeftAlone() || isWhole(), "nothing or all is left", 10_000).catch(() => {
          const left = survey().filter((line) => !clean.includes(line));
          damages.push(`killed before operation ${operation} of ${operations}: ${left.join("; ")}`);
        });
        if (isWhole()) lived++;
      }
      console.log(`${name}: killed before ${tried} of ${operations} operations; ${lived} trees lived`);
      expect(damages).toEqual([]);
      expect(tried).toBeGreaterThan(0);
    },
    TIME + 300_000,
  );
});

/** Whether a task is traced, or stopped. */
function isHeld(pid: number): boolean {
  return /^[tT]/.test(statusOf(pid, "State") ?? "") || statusOf(pid, "TracerPid") !== "0";
}

function hasStubs(): boolean {
  return survey().some((line) => line.includes("restage-stub"));
}

/** The last operations first, then the others in random order. */
function order(count: number): readonly number[] {
  const numbers = Array.from({ length: count }, (_, index) => count - index);
  const others = numbers.slice(LAST).map((number) => ({ number, order: Math.random() }));
  return [...numbers.slice(0, LAST), ...others.sort((a, b) => a.order - b.order).map(({ number }) => number)];
}
