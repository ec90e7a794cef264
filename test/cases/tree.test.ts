import { expect, it } from "vitest";
import { dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("process trees", () => {
  it("are restored with sessions, groups and parents of all shapes", async () => {
    const program = await dumpCase("tree-shapes");
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
