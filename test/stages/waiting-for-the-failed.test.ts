import { definePlugin, type RestorePlugin, type RunStageName } from "@restage/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { cleanUp, failureOf, missing, prepare, takenPids } from "./fixture.ts";

/** Far below the 60 seconds that a call may take. */
const SOON = 10_000;

/** One task fails before it does anything else in a stage. */
function failFirst(stage: RunStageName, pid: number, before: string): RestorePlugin {
  return definePlugin({
    name: "fault",
    apply({ stages }) {
      stages[stage].task.tap({ name: "fault", before }, (task) => {
        if (task.pid === pid) task.call.close(-1);
      });
    },
  });
}

/** One task waits in a stage for what nobody will send. */
function waitLast(stage: RunStageName, pid: number): RestorePlugin {
  return definePlugin({
    name: "wait",
    apply({ stages }) {
      stages[stage].task.tap("wait", (task) => {
        if (task.pid !== pid) return;
        const [read] = task.call.pipe2(0);
        task.call.read(read, new Uint8Array(1), 1);
      });
    },
  });
}

describe.skipIf(missing !== undefined)("a fault of a task for which others wait", () => {
  const started: { name: string; before: readonly string[]; at: number } = { name: "", before: [], at: 0 };
  function begin(name: string): void {
    prepare(name);
    Object.assign(started, { name, before: survey(), at: performance.now() });
  }
  beforeEach(() => begin("pipes"));
  afterEach(() => cleanUp(started.name));

  it("is told soon, and alone", async () => {
    // It would send the ends of its pipes to four others.
    const error = await failureOf("pipes", [failFirst("RESTORE", 20500, "descriptors")]);
    expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: "RESTORE", pid: 20500, plugin: "fault", failures: [] });
    expect(performance.now() - started.at).toBeLessThan(SOON);
    expect(takenPids("pipes")).toEqual([]);
    await expectNothingLeft(started.before);
  });
});

describe.skipIf(missing !== undefined)("a task that has forked and waits for one that has failed", () => {
  let before: readonly string[] = [];
  beforeEach(() => {
    prepare("many");
    before = survey();
  });
  afterEach(() => cleanUp("many"));

  it("is ended, and what it has forked", async () => {
    const [waiting, failing] = [22001, 22002];
    const error = await failureOf("many", [waitLast("FORKING", waiting), failFirst("FORKING", failing, "children")]);
    expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: "FORKING", pid: failing });
    expect(takenPids("many")).toEqual([]);
    await expectNothingLeft(before);
  });
});
