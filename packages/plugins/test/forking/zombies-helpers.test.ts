import { rehearse, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { zombiesAndHelpers } from "../../src/forking/zombies-helpers/restore.ts";

describe("zombies", () => {
  it.each([
    [0x2a00, { code: 42, signal: undefined }],
    [9, { signal: 9 }],
    [0x8b, { signal: 11 }],
  ])("die as they had died: status %i", async (exit_code, exit) => {
    const task = { pid: 7, children: [{ pid: 8, kind: "zombie", core: { tc: { exit_code } } }] } as const;
    const { kernel } = await rehearse({ plugins: [zombiesAndHelpers()], task });
    const ended = kernel.records.flatMap((record) => (record.kind === "end" ? [record] : []));
    expect(ended).toMatchObject([{ tracee: { tid: 8 }, exit }]);
  });

  it("leave no SIGCHLD of the restore behind", async () => {
    const task = { pid: 7, children: [{ pid: 8, kind: "zombie" }] } as const;
    expect((await testPlugin(zombiesAndHelpers(), { stage: "RESTORE_SIGCHLD", task })).join("\n")).toContain(
      "rt_sigaction(SIGCHLD, {SIG_DFL",
    );
    expect(
      await testPlugin(zombiesAndHelpers(), { stage: "RESTORE_SIGCHLD", task: { pid: 7, children: [{ pid: 8 }] } }),
    ).toEqual([]);
  });
});
