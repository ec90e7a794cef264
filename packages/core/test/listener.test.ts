import { describe, expect, it } from "vitest";
import type { RestoreEvent } from "../src/events.ts";
import { restore } from "../src/restore/restore.ts";
import { checkpointInMemory, RecordingKernel, scaffold } from "../src/testing/mod.ts";
import { failureOf, plugin } from "./support.ts";

/** Runs a restore whose listener fails at an event, as a log on a full disk would. */
async function failAt(kind: RestoreEvent["kind"]) {
  const done: string[] = [];
  const kernel = new RecordingKernel({}, (record) => void done.push(record.kind));
  const images = plugin("images", ({ imageSource }) => imageSource.tap("images", () => checkpointInMemory({})));
  const onEvent = (event: RestoreEvent) => {
    if (event.kind === kind || event.kind === "failed") throw new Error("ENOSPC");
  };
  const error = await failureOf(restore({ images: "memory", plugins: [images], onEvent }, kernel, scaffold()));
  return { error, done };
}

describe("a failing listener", () => {
  it.each(["stage-started", "program", "committed"] as const)(
    "at %s makes the restore fail and roll back",
    async (kind) => {
      const { error, done } = await failAt(kind);
      expect(error).toMatchObject({ name: "RestoreError", code: "ERR_PLUGIN", message: "ENOSPC" });
      expect(done).toContain("kill-all");
      expect(done).toContain("run-undo");
    },
  );

  it("after the tasks have resumed is reported as ERR_COMPLETE, and nothing is rolled back", async () => {
    const { error, done } = await failAt("resumed");
    expect(error).toMatchObject({ code: "ERR_COMPLETE", message: "All tasks run, but a listener failed: ENOSPC" });
    expect(done).not.toContain("kill-all");
    expect(done).not.toContain("run-undo");
  });
});
