import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { restore } from "@restage/core";
import { openKernel } from "@restage/linux";
import { defaultPlugins } from "@restage/plugins";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanUp, imagesOf, missing, prepare, takenPids } from "./fixture.ts";

/** Tasks that were forked without an exec: most of their pages were never written by the child. */
const NAME = "many";
const CHILD = 22001;

/** Kilobytes of a kind in /proc/PID/smaps_rollup. */
function kilobytes(pid: number, kind: string): number {
  return Number(new RegExp(`^${kind}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
}

describe.skipIf(missing !== undefined)("what parent and child had in common", () => {
  beforeEach(() => prepare(NAME));
  afterEach(() => cleanUp(NAME));

  it("they have in common again: anonymous pages of the child are shared", async () => {
    const kernel = await openKernel();
    const tree = await restore({ images: imagesOf(NAME), leaveStopped: true }, kernel, defaultPlugins());
    try {
      const shared = kilobytes(CHILD, "Shared_Dirty");
      const own = kilobytes(CHILD, "Private_Dirty");
      expect(shared).toBeGreaterThan(0);
      expect(shared).toBeGreaterThan(own / 4);
    } finally {
      for (const pid of tree.tasks) process.kill(pid, "SIGKILL");
      await kernel.waitForExit(tree.pid);
      kernel.close();
      // Its descendants are init's now, which takes its time.
      for (let tries = 0; tries < 500 && takenPids(NAME).length > 0; tries++) await sleep(20);
    }
  });
});
