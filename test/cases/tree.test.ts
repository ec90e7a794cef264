import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type DumpedProgram, describeDumped, dumpProgram, forget, restoreProgram, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

describeDumped(`trees`, () => {
  it("restores sessions, groups and parents of all shapes", async () => {
    const program = await dumpProgram(join(import.meta.dirname, "tree-shapes"));
    programs.push(program);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
