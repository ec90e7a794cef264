import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, type RestoredTree, restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { MS } from "@restage/linux/abi";
import { defaultPlugins } from "@restage/plugins";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { missing } from "../stages/fixture.ts";
import { placeContainer, removeContainer, requestOf, surveyAll } from "../support/container-fixture.ts";
import { PLACE } from "../support/fixture-executable.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { end } from "../support/restage.ts";

const NAME = "namespaces";
let host = "";

/** Binds a directory of the host to mount points below the tree's root. */
const binding = (...mountPoints: readonly string[]) =>
  definePlugin({
    name: "binding",
    apply({ mountsReady }) {
      mountsReady.tap("binding", ({ call }) => {
        for (const at of mountPoints) call.mount(host, `.${at}`, undefined, MS.BIND, undefined).hint(`make ${at}`);
      });
    },
  });

async function restoreWith(plugin: ReturnType<typeof binding>): Promise<RestoredTree> {
  const kernel = await openKernel();
  try {
    return await restore({ ...requestOf(NAME), plugins: [plugin] }, kernel, defaultPlugins());
  } finally {
    kernel.close();
  }
}

describe.skipIf(missing !== undefined)("a plugin, when the mounts of a tree are ready", () => {
  let left: readonly string[] = [];
  let before: readonly string[] = [];
  beforeEach(() => {
    host = mkdtempSync(join(tmpdir(), "restage-host-"));
    writeFileSync(join(host, "file"), "of the host");
    placeContainer(NAME);
    mkdirSync(`${PLACE}/${NAME}.root/host`);
    left = survey();
    before = surveyAll();
  });
  afterEach(() => {
    removeContainer(NAME);
    rmSync(host, { recursive: true, force: true });
  });

  it("gives it a directory of the host, which only the tree sees there", async () => {
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

  it("fails by a mount that cannot be made, and leaves none of those that were", async () => {
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
