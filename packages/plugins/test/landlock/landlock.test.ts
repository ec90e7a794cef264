import { testDump } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { landlock } from "../../src/landlock/dump.ts";

describe("a thread that can be in a Landlock domain", () => {
  it("is refused when it cannot find out whether it is", async () => {
    const task = { pid: 7, status: { NoNewPrivs: "1" }, leader: { landlockDomains: -24 } };
    const { error } = await testDump(landlock(), { task });
    expect(error?.describe()).toMatch(/it may be in a Landlock domain, which it cannot determine \(EMFILE\)/);
  });
});
