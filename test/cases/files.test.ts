import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type DumpedProgram, dumpProgram, forget, missing, restoreProgram, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

async function dump(name: string, flags: readonly string[] = []): Promise<DumpedProgram> {
  const program = await dumpProgram(fileURLToPath(new URL(name, import.meta.url)), flags);
  programs.push(program);
  return program;
}

describe.skipIf(missing !== undefined)(`files that no fixture has${missing === undefined ? "" : ` (SKIPPED: ${missing})`}`, () => {
  it.each([
    ["deleted-files", ["--ghost-fiemap", "--ghost-limit", "8M"]],
    ["link-remaps", ["--link-remap"]],
    ["dead-processes", []],
    ["file-owners", []],
  ])("restores %s", async (name, flags) => {
    const program = await dump(name, flags);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
