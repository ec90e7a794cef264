import { testDump, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { processAttributes as processAttributesOfDump } from "../../src/attributes/process/dump.ts";
import { processAttributes } from "../../src/attributes/process/restore.ts";

describe("process attributes", () => {
  it("are written where they differ from those of this process, which tasks inherit", async () => {
    const task = { pid: 7, core: { tc: { oom_score_adj: 100, loginuid: 1000 } } };
    const texts = { "/proc/self/oom_score_adj": "100", "/proc/self/loginuid": "4294967295" };
    const all = (await testPlugin(processAttributes(), { stage: "RESTORE", task })).join("\n");
    expect(all).toContain("self/oom_score_adj");
    expect(all).toContain("self/loginuid");
    const some = (await testPlugin(processAttributes(), { stage: "RESTORE", task, host: { texts } })).join("\n");
    expect(some).not.toContain("oom_score_adj");
    expect(some).toContain("self/loginuid");
  });

  it("include membarrier registrations, one call each", async () => {
    const lines = await testPlugin(processAttributes(), {
      stage: "RESTORE",
      task: { core: { tc: { membarrier_registration_mask: 0b10010 } } },
    });
    expect(lines.map((line) => line.split(": ")[1])).toEqual(["membarrier(0x2, 0, 0)", "membarrier(0x10, 0, 0)"]);
  });
});

describe("a checkpoint", () => {
  it("saves oom_score_adj, loginuid, child subreaper and membarrier registrations", async () => {
    const answers = { prctl: { output: Uint8Array.of(1, 0, 0, 0) }, membarrier: { result: 0x12 } };
    const proc = { oom_score_adj: "-500", loginuid: "1000" };
    const { context } = await testDump(processAttributesOfDump(), { task: { pid: 7, leader: { answers }, proc } });
    expect(context?.tree.root.core).toEqual({
      oom_score_adj: -500,
      loginuid: 1000,
      child_subreaper: true,
      membarrier_registration_mask: 0x12,
    });
  });

  it("saves no membarrier registrations where the kernel does not tell them", async () => {
    const answers = { membarrier: { result: -22 } };
    const { context } = await testDump(processAttributesOfDump(), { task: { pid: 7, leader: { answers } } });
    expect(context?.tree.root.core).toEqual({ child_subreaper: false });
  });
});
