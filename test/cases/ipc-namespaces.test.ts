import { expect, it } from "vitest";
import { dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("IPC and UTS namespaces", () => {
  it("are restored with every kind of object, even if objects exceed the limits", async () => {
    const program = await dumpCase("ipc-objects");
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
