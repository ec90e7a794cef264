import { definePlugin } from "@restage/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { cleanUp, failureWith, prepare, takenPids } from "./fixture.ts";

/** Both tasks are children of the root and have children. */
const NAME = "many";
const WAITING = 22001;
const FAILING = 22002;

/** Makes one task block after its fork, and another task fail. */
const plugin = definePlugin({
  name: "wait-and-fail",
  apply({ stages }) {
    stages.FORKING.task.tap("wait-and-fail", (task) => {
      if (task.pid === FAILING) task.call.close(-1);
      if (task.pid !== WAITING) return;
      const [read] = task.call.pipe2(0);
      task.call.read(read, new Uint8Array(1), 1);
    });
  },
});

describeUnless(noFixtures, "a task that blocks after its fork", () => {
  let before: readonly string[] = [];
  beforeEach(() => {
    prepare(NAME);
    before = survey();
  });
  afterEach(() => cleanUp(NAME));

  it("is ended with its children when another task fails", { timeout: 15_000 }, async () => {
    expect(await failureWith(NAME, plugin)).toMatchObject({ code: "ERR_SYSCALL", stage: "FORKING", pid: FAILING });
    expect(takenPids(NAME)).toEqual([]);
    await expectNothingLeft(before);
  });
});
