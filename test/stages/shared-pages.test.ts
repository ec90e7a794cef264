import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { end } from "../support/end.ts";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { restoreHere } from "../support/restore-here.ts";
import { cleanUp, imagesOf, prepare, takenPids } from "./fixture.ts";

/** Tasks that were forked without an exec: a child has not written most of its pages. */
const NAME = "many";
const CHILD = 22001;

/** A value of /proc/PID/smaps_rollup, in kilobytes. */
function kilobytes(pid: number, kind: string): number {
  return Number(new RegExp(`^${kind}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
}

describeUnless(noFixtures, "copy-on-write memory", () => {
  beforeEach(() => prepare(NAME));
  afterEach(() => cleanUp(NAME));

  it("is shared by parent and child again", async () => {
    // Detached, so that init reaps the tasks.
    await restoreHere({ images: imagesOf(NAME), leaveStopped: true, detached: true });
    onTestFinished(() => end(...takenPids(NAME)));
    const shared = kilobytes(CHILD, "Shared_Dirty");
    const own = kilobytes(CHILD, "Private_Dirty");
    expect(shared).toBeGreaterThan(0);
    expect(shared).toBeGreaterThan(own / 4);
  });
});
