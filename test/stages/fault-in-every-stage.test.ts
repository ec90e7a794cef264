import { definePlugin, type Plugin, type RunStageName, STAGES } from "@restage/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { manifestOf } from "../support/fixture-manifest.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { cleanUp, expectAllGone, failureWith, prepare, takenPids } from "./fixture.ts";

/** A tree of three levels: its root, a task in the middle, and its last task. */
const NAME = "many";
const FIRST = 22000;
const MIDDLE = 22016;
const LAST = 22063;
/** A tree with zombies, and with helpers that end in RESTORE. */
const ZOMBIES = "tree";

/** A plugin that makes one task fail in one stage. */
function fault(stage: RunStageName, pid: number): Plugin {
  return definePlugin({
    name: "fault",
    duty: "fault",
    apply({ stages }) {
      stages[stage].task.tap("fault", (task) => {
        if (task.pid === pid) task.call.close(-1);
      });
    },
  });
}

describeUnless(noFixtures, "a fault", () => {
  beforeEach(() => {
    prepare(NAME);
    prepare(ZOMBIES);
  });
  afterEach(() => {
    cleanUp(NAME);
    cleanUp(ZOMBIES);
  });

  for (const { name, participants } of STAGES) {
    const pids = participants === "root" ? [FIRST] : [FIRST, MIDDLE, LAST];
    for (const pid of pids) {
      it(`in ${name} of task ${pid} is reported and rolled back`, async () => {
        const error = await failureWith(NAME, fault(name, pid));
        expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: name, pid, plugin: "fault" });
        expect(error.syscall).toMatchObject({ name: "close", printed: "close(-1)", errno: 9 });
        expectAllGone(NAME);
      });
    }
  }

  it("after zombies and helpers have ended leaves none of them", async () => {
    const [root = 0] = manifestOf(ZOMBIES).pids;
    expect(await failureWith(ZOMBIES, fault("RESTORE_SIGCHLD", root))).toMatchObject({
      code: "ERR_SYSCALL",
      pid: root,
    });
    expectAllGone(ZOMBIES);
  });

  it("in two tasks is reported as two failures", async () => {
    const other = { ...fault("RESTORE", LAST), duty: "other-fault" };
    const error = await failureWith(NAME, fault("RESTORE", MIDDLE), other);
    expect(error.code).toBe("ERR_STAGE");
    expect(error.failures.map(({ pid }) => pid).sort()).toEqual([MIDDLE, LAST]);
    expect(takenPids(NAME)).toEqual([]);
  });
});
