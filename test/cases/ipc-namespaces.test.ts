import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type DumpedProgram, dumpProgram, forget, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

let program: DumpedProgram | undefined;
afterEach(() => {
  if (program !== undefined) forget(program);
  program = undefined;
});

describeDumped("IPC and UTS namespaces", () => {
  it("come back with objects of all kinds, and settings that these exceed", async () => {
    program = await dumpProgram(join(import.meta.dirname, "ipc-objects"));
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
