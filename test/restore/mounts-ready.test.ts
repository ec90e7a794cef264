import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { definePlugin, type Plugin, type RestoredTree } from "@restage/core";
import { MS } from "@restage/linux/abi";
import { afterEach, beforeEach, expect, it } from "vitest";
import { placeContainer, removeContainer, requestOf, surveyAll } from "../support/container-fixture.ts";
import { end } from "../support/end.ts";
import { PLACE } from "../support/fixture-executable.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { restoreHere } from "../support/restore-here.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const NAME = "namespaces";
let host = "";

/** A plugin that bind-mounts a directory of the host at places below the tree's root. */
const binding = (...mountPoints: readonly string[]) =>
  definePlugin({
    name: "binding",
    apply({ mountsReady }) {
      mountsReady.tap("binding", ({ call }) => {
        for (const at of mountPoints) call.mount(host, `.${at}`, undefined, MS.BIND, undefined).hint(`make ${at}`);
      });
    },
  });

function restoreWith(plugin: Plugin): Promise<RestoredTree> {
  return restoreHere({ ...requestOf(NAME), plugins: [plugin] });
}

describeUnless(noFixtures, "a plugin that taps mountsReady", () => {
  let left: readonly string[] = [];
  let before: readonly string[] = [];
  beforeEach(() => {
    host = temporaryDirectory("host");
    writeFileSync(join(host, "file"), "of the host");
    placeContainer(NAME);
    mkdirSync(`${PLACE}/${NAME}.root/host`);
    left = survey();
    before = surveyAll();
  });
  afterEach(() => removeContainer(NAME));

  it("can give the tree a directory of the host that only the tree sees there", async () => {
    const { pid } = await restoreWith(binding("/host"));
    try {
      const inside = `/proc/${pid}/root/host`;
      expect(readFileSync(`${inside}/file`, "utf8")).toBe("of the host");
      writeFileSync(`${inside}/answer`, "of the tree");
      expect(readFileSync(join(host, "answer"), "utf8")).toBe("of the tree");
      expect(readFileSync(`/proc/${pid}/mountinfo`, "utf8")).toMatch(/ \/host \S+/);
      expect(existsSync(`${PLACE}/${NAME}.root/host/file`)).toBe(false);
    } finally {
      await end(pid);
    }
    await expectNothingLeft(left);
    expect(surveyAll()).toEqual(before);
  });

  it("rolls all its mounts back when one of them fails", async () => {
    await expect(restoreWith(binding("/host", "/nowhere"))).rejects.toMatchObject({
      code: "ERR_SYSCALL",
      stage: "PREPARE_NAMESPACES",
      plugin: "binding",
      hint: "make /nowhere",
      syscall: { name: "mount" },
    });
    await expectNothingLeft(left);
    expect(surveyAll()).toEqual(before);
  });
});
