import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { definePlugin } from "@restage/core";
import { skipFiles } from "@restage/plugins";
import { restoreForTest } from "@restage/plugins/testing";
import { afterAll, beforeEach, expect, it } from "vitest";
import { CHECKPOINT, cleanUp, LOG, place } from "../../examples/counter/place.ts";
import { privateFiles } from "../../examples/first-plugin/private-files.ts";
import { describeUnless, noRoot } from "../support/requirements.ts";

describeUnless(noRoot, "restoreForTest()", () => {
  beforeEach(place);
  afterAll(cleanUp);
  const umaskOf = (pid: number) => /^Umask:.*$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[0];
  const request = { images: CHECKPOINT, plugins: [privateFiles()] };

  it("shows the tree to a function, in a pid namespace of its own, and ends it", async () => {
    const pid = await restoreForTest(request, ({ pid }) => {
      expect(umaskOf(pid)).toBe("Umask:\t0077");
      expect(readlinkSync(`/proc/${pid}/ns/pid`)).not.toBe(readlinkSync("/proc/self/ns/pid"));
      return pid;
    });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it("ends the tree after a failed assertion, and can restore the same pids twice at once", async () => {
    const pids: number[] = [];
    // The first one writes to it.
    const again = { ...request, plugins: [...request.plugins, skipFiles([LOG])] };
    const failing = restoreForTest(request, async (first) => {
      await restoreForTest(again, (second) => void pids.push(first.pid, second.pid));
      expect(umaskOf(first.pid)).toBe("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(new Set(pids).size).toBe(2);
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });

  it("throws the error of a restore that fails", async () => {
    const plugin = definePlugin({
      name: "refusing",
      apply: ({ plan }) => plan.tap("refusing", (plan) => plan.refuse({ what: "tree", why: "on purpose" })),
    });
    const restored = restoreForTest({ images: CHECKPOINT, plugins: [plugin] }, () => "restored");
    await expect(restored).rejects.toMatchObject({ code: "ERR_REFUSED" });
  });
});
