import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type DumpedProgram, dumpProgram, forget, missing, restoreProgram, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

async function dump(name: string, flags: readonly string[] = []): Promise<DumpedProgram> {
  const program = await dumpProgram(join(import.meta.dirname, name), () => flags);
  programs.push(program);
  return program;
}

describe.skipIf(missing !== undefined)(
  `sockets that no fixture has${missing === undefined ? "" : ` (SKIPPED: ${missing})`}`,
  () => {
    it("restores unix-sockets", async () => {
      const program = await dump("unix-sockets");
      await restoreProgram(program, {});
      expect(await verdictOf(program)).toBe("pass");
    });
  },
);
