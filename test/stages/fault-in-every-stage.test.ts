import { definePlugin, type Plugin, type RunStageName, STAGES } from "@restage/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanUp, failureOf, fixtureTasks, missing, prepare, takenPids } from "./fixture.ts";

/** A tree of three levels: its root, a task in the middle, and its last. */
const NAME = "many";
const FIRST = 22000;
const MIDDLE = 22016;
const LAST = 22063;

/** A call that fails, in one task at one stage. */
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

describe.skipIf(missing !== undefined)("a fault in a stage", () => {
  beforeEach(() => prepare(NAME));
  afterEach(() => cleanUp(NAME));

  for (const { name, participants } of STAGES) {
    const pids = participants === "root" ? [FIRST] : [FIRST, MIDDLE, LAST];
    for (const pid of pids) {
      it(`${name} of task ${pid} is named and leaves nothing`, async () => {
        const error = await failureOf(NAME, [fault(name, pid)]);
        expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: name, pid, plugin: "fault" });
        expect(error.syscall).toMatchObject({ name: "close", printed: "close(-1)", errno: 9 });
        expect(takenPids(NAME)).toEqual([]);
        expect(fixtureTasks()).toEqual([]);
      });
    }
  }

  it("in two tasks is reported as two failures", async () => {
    const error = await failureOf(NAME, [fault("RESTORE", MIDDLE), { ...fault("RESTORE", LAST), duty: "other-fault" }]);
    expect(error.code).toBe("ERR_STAGE");
    expect(error.failures.map(({ pid }) => pid).sort()).toEqual([MIDDLE, LAST]);
    expect(takenPids(NAME)).toEqual([]);
  });
});
