import { existsSync } from "node:fs";
import { STAGES } from "@restage/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { placeContainer, removeContainer, requestOf, surveyAll } from "../support/container-fixture.ts";
import { failingAfter } from "../support/failing-after.ts";
import { failureOf } from "../support/failure-of.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { restoreHere } from "../support/restore-here.ts";

/** The stages that end before the commit. */
const BEFORE_COMMIT = STAGES.filter(({ name }) => name !== "COMPLETE").map(({ name }) => name);

for (const name of ["namespaces", "userns"]) {
  describeUnless(noFixtures, `a failed restore of the container ${name} leaves the host unchanged`, () => {
    beforeEach(() => placeContainer(name));
    afterEach(() => removeContainer(name));

    it.each(BEFORE_COMMIT)("after %s", async (stage) => {
      const before = surveyAll();
      const left = survey();
      let root = 0;
      const failing = failingAfter(stage, ({ tree }) => {
        root = tree.root.hostPid;
      });
      const error = await failureOf(restoreHere({ ...requestOf(name), plugins: [failing] }));
      expect(error).toMatchObject({ message: expect.stringContaining("on purpose"), stage });
      expect(existsSync(`/proc/${root}`)).toBe(false);
      await expectNothingLeft(left);
      expect(surveyAll()).toEqual(before);
    });
  });
}
