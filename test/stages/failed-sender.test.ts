import { definePlugin } from "@restage/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanUp, failureOf, fixtureTasks, missing, prepare, takenPids } from "./fixture.ts";

/** Its root opens what 63 other tasks wait for. */
const NAME = "many";
const ROOT = 22000;

describe.skipIf(missing !== undefined)("tasks that wait for another one's files", () => {
  beforeEach(() => prepare(NAME));
  afterEach(() => cleanUp(NAME));

  it("are not waited for when that one has failed", { timeout: 15_000 }, async () => {
    const failing = definePlugin({
      name: "failing",
      apply({ stages }) {
        stages.RESTORE.task.tap({ name: "failing", before: "descriptors" }, (task) => {
          if (task.pid === ROOT) task.call.close(-1);
        });
      },
    });
    const error = await failureOf(NAME, [failing]);
    expect(error).toMatchObject({ code: "ERR_SYSCALL", stage: "RESTORE", pid: ROOT, plugin: "failing" });
    expect(takenPids(NAME)).toEqual([]);
    expect(fixtureTasks()).toEqual([]);
  });
});
