import { definePlugin } from "@restage/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { cleanUp, failureOf, missing, prepare, takenPids } from "./fixture.ts";

/** Two children of the root, with children of their own. */
const NAME = "many";
const WAITING = 22001;
const FAILING = 22002;

/** One task forks and then waits for what nobody sends; another one fails. */
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

describe.skipIf(missing !== undefined)("a task that has forked, and waits when another one has failed", () => {
  let before: readonly string[] = [];
  beforeEach(() => {
    prepare(NAME);
    before = survey();
  });
  afterEach(() => cleanUp(NAME));

  it("is ended, and so is what it has forked", { timeout: 15_000 }, async () => {
    expect(await failureOf(NAME, [plugin])).toMatchObject({ code: "ERR_SYSCALL", stage: "FORKING", pid: FAILING });
    expect(takenPids(NAME)).toEqual([]);
    await expectNothingLeft(before);
  });
});
