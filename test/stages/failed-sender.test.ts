import { definePlugin } from "@restage/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { cleanUp, expectAllGone, failureWith, prepare } from "./fixture.ts";

/** Its root task opens files for which 63 other tasks wait. */
const NAME = "many";
const ROOT = 22000;

describeUnless(noFixtures, "tasks that wait for files of another task", () => {
  beforeEach(() => prepare(NAME));
  afterEach(() => cleanUp(NAME));

  it("do not delay the failure of that task", { timeout: 15_000 }, async () => {
    const failing = definePlugin({
      name: "failing",
      apply({ stages }) {
        stages.RESTORE.task.tap({ name: "failing", before: "descriptors" }, (task) => {
          if (task.pid === ROOT) task.call.close(-1);
        });
      },
    });
    const error = await failureWith(NAME, failing);
    expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: "RESTORE", pid: ROOT, plugin: "failing" });
    expectAllGone(NAME);
  });
});
