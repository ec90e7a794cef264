import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { tasks } from "../support/leftovers.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { until } from "../support/until.ts";
import { fail, failAfter } from "./failing.ts";
import * as program from "./program.ts";

const VIEWS = ["tree", "task", "thread"];
const HOOKS = ["inspect", "collect", "write"].flatMap((phase) => VIEWS.map((view) => `${phase}.${view}`));
HOOKS.push("describeFile", "filesDescribed");

/** Programs whose state a checkpoint touches: blocked calls, timers, queues, connections, locks. */
const PROGRAMS = ["tree", "signals", "unix-sockets", "polling", "locks", "pty"];
/** Programs that must also survive a killed coordinator. */
const PROGRAMS_TO_KILL = ["tcp-established", "threads"];

/** The mappings of a program, and for each thread whether it is stopped or traced, and its blocked signals. */
function look({ name }: program.Program): readonly string[] {
  return program.tasksOf(name).map((pid) => {
    const maps = readFileSync(`/proc/${pid}/maps`, "utf8");
    const threads = readdirSync(`/proc/${pid}/task`).map((tid) => {
      const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "utf8");
      const isHeld = /^State:\s+[tT]/m.test(status) || !/^TracerPid:\s+0$/m.test(status);
      return `${tid} ${isHeld ? "held" : "runs"} ${/^SigBlk:.*$/m.exec(status)?.[0]}`;
    });
    return `${pid} ${threads}\n${maps}`;
  });
}

function throwEverywhere(started: program.Program): void {
  const before = look(started);
  const tables = nftTables();
  const { stdout, stderr } = fail(started, "throw", ...HOOKS);
  expect(stdout.trim().split("\n"), stderr).toEqual(HOOKS.map((hook) => `${hook}: the fault`));
  expect(look(started)).toEqual(before);
  expect(nftTables()).toBe(tables);
}

function nftTables(): string {
  return spawnSync("nft", ["list", "tables"], { encoding: "utf8" }).stdout ?? "";
}

describeUnless(noFixtures, "a program is unchanged after a failed checkpoint", () => {
  let started: program.Program | undefined;
  afterEach(async () => {
    if (started !== undefined) await program.forget(started.name);
    started = undefined;
  });

  for (const name of PROGRAMS_TO_KILL) {
    it(`${name}, when a plugin throws or the coordinator is killed, at any hook`, async () => {
      started = await program.start(name);
      const before = look(started);
      const tables = nftTables();
      throwEverywhere(started);
      for (const hook of HOOKS) {
        const { signal, stderr } = fail(started, "kill", hook);
        expect(signal, `${hook}: ${stderr}`).toBe("SIGKILL");
        expect(look(started), hook).toEqual(before);
      }
      // A moment after the tree has resumed, the janitor unlocks the network and takes connections out of repair mode.
      await until(() => ![...tasks()].some((line) => line.includes("restage-stub")), "the janitor has ended");
      expect(nftTables()).toBe(tables);
      expect(await program.verdictOf(started)).toBe("pass");
    });
  }

  for (const name of PROGRAMS) {
    it(`${name}, when a plugin throws at any hook`, async () => {
      started = await program.start(name);
      throwEverywhere(started);
      expect(await program.verdictOf(started)).toBe("pass");
    });
  }

  it("threads, when the coordinator is killed at any moment", async () => {
    started = await program.start("threads");
    const moments = Array.from({ length: 16 }, (_, index) => 5 * index);
    expect(failAfter(started, moments)).toContain("SIGKILL");
    expect(await program.verdictOf(started)).toBe("pass");
  });
});
