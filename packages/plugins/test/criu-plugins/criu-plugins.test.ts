import { testPlan } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { criuPlugins } from "../../src/criu-plugins/restore.ts";

describe("a checkpoint for which CRIU used plugins", () => {
  it("is refused, with their names", async () => {
    const inventory = { plugins_entry: { plugins: ["cuda_plugin"] } };
    expect(await testPlan(criuPlugins(), { inventory })).toMatchObject([
      { severity: "refused", what: "CRIU plugin cuda_plugin" },
    ]);
  });

  it("is restored if there were none", async () => {
    expect(await testPlan(criuPlugins(), { inventory: { plugins_entry: { plugins: [] } } })).toEqual([]);
  });
});
