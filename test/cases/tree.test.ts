import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type DumpedProgram, dumpProgram, forget, missing, restoreProgram, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

describe.skipIf(missing !== undefined)(`trees${missing === undefined ? "" : ` (SKIPPED: ${missing})`}`, () => {
  it("restores sessions, groups and parents of all shapes", async () => {
    const program = await dumpProgram(join(import.meta.dirname, "tree-shapes"));
    programs.push(program);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
