import { existsSync } from "node:fs";
import { definePlugin, type RunStageName, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { missing } from "../stages/fixture.ts";
import { placeContainer, removeContainer, requestOf, surveyAll } from "../support/container-fixture.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";

const STAGES: readonly RunStageName[] = [
  "ROOT_TASK",
  "PREPARE_NAMESPACES",
  "FORKING",
  "RESTORE",
  "RESTORE_SIGCHLD",
  "RESTORE_CREDS",
];

describe.skipIf(missing !== undefined)("a container's tree that fails to be restored leaves the host as it was", () => {
  for (const name of ["namespaces", "userns"]) {
    beforeEach(() => placeContainer(name));
    afterEach(() => removeContainer(name));

    it.each(STAGES)(`${name}, in %s`, async (stage) => {
      const before = surveyAll();
      let root = 0;
      const failing = definePlugin({
        name: "failing",
        apply({ stages }) {
          stages[stage].leave.tap("failing", ({ tree }) => {
            root = tree.root.hostPid;
            throw new Error("on purpose");
          });
        },
      });
      const kernel = await openKernel();
      const restoring = restore({ ...requestOf(name), plugins: [failing] }, kernel, defaultPlugins());
      await expect(restoring).rejects.toMatchObject({ message: expect.stringContaining("on purpose"), stage });
      kernel.close();
      expect(existsSync(`/proc/${root}`)).toBe(false);
      await expectNothingLeft(before.slice(before.length - survey().length));
      expect(surveyAll()).toEqual(before);
    });
  }
});
