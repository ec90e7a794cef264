import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readProcesses } from "@restage/linux";
import { expect, it } from "vitest";
import { type RunningProgram, restoreProgram, startProgram, verdictOf } from "../cases/case.ts";
import { restoreWithCriu } from "../support/criu.ts";
import { describeUnless, noCriu, noRoot } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { until } from "../support/until.ts";

/** Makes a checkpoint of a program with much memory, which goes on. Returns why memory was read while it was frozen, by task. */
async function checkpointLively(prepare?: (directory: string) => void) {
  const program = await startProgram(join(import.meta.dirname, "lively"), prepare);
  const words = ["checkpoint", String(program.pid), "-D", program.images, "--leave-running", "--json"];
  const { status, stdout, stderr } = restage(words);
  expect(status, stderr).toBe(0);
  const { notes } = JSON.parse(stdout) as { readonly notes: readonly { readonly why: string }[] };
  return { program, notes: notes.map(({ why }) => why) };
}

/** Lets the program that was left running examine itself, and waits for its end. */
async function verdictOfOriginal(program: RunningProgram): Promise<string> {
  const verdict = await verdictOf(program);
  await program.ended;
  await until(() => !copies().some(({ session }) => session === program.session), "the tree is gone");
  for (const file of ["go", "result", "child"]) rmSync(join(program.directory, file));
  return verdict;
}

function copies() {
  return [...readProcesses()].filter(({ comm }) => comm === "restage-copy");
}

describeUnless(noRoot, "the memory of a tree that goes on is read from copies", () => {
  it("of the moment of the checkpoint, and the tree sees nothing of them", async () => {
    const { program, notes } = await checkpointLively();
    expect(notes).toEqual([]);
    await until(() => copies().length === 0, "no copy is left");
    expect(await verdictOfOriginal(program)).toBe("pass");
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("but not if a task of the tree would adopt them", async () => {
    const { program, notes } = await checkpointLively((directory) => writeFileSync(join(directory, "reaper"), ""));
    expect(notes).toHaveLength(2);
    for (const why of notes) expect(why).toMatch(/^its memory is read while the tree is frozen: .* adopts orphans$/);
    expect(await verdictOfOriginal(program)).toBe("pass");
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCriu, "CRIU restores a checkpoint that was read from copies", () => {
  it("and its memory is of one moment", async () => {
    const { program } = await checkpointLively();
    expect(await verdictOfOriginal(program)).toBe("pass");
    restoreWithCriu(program.images, ["--manage-cgroups=ignore"]);
    expect(await verdictOf(program)).toBe("pass");
  });
});
