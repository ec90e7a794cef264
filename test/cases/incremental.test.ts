import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { CRIU, describeUnless } from "../support/requirements.ts";
import { run } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { dump, noDumpsByCriu } from "./dumpers.ts";
import { leaveToParent } from "./parent-images.ts";

/** Makes two earlier dumps of a program, and lets its memory change after each. */
async function dumpTwice(directory: string, pid: number): Promise<readonly string[]> {
  for (const round of [1, 2]) {
    const images = join(dirname(directory), `before-${round}`);
    mkdirSync(images);
    dump(images, pid, ["--leave-running"]);
    process.kill(pid, "SIGUSR1");
    const changed = (task: string) => existsSync(join(directory, `changed-${task}-${round}`));
    await until(() => changed("parent") && changed("child"), `memory has changed after dump ${round}`);
  }
  return [];
}

/** Dumps a program three times. Each dump leaves unchanged pages to the one before. */
async function dumpThrice(): Promise<DumpedProgram & { readonly first: string }> {
  const program = await dumpCase("incremental", { flagsFor: dumpTwice });
  const [first = "", second = ""] = ["before-1", "before-2"].map((name) => join(dirname(program.images), name));
  expect(leaveToParent(program.images, second)).toBeGreaterThan(500);
  expect(leaveToParent(second, first)).toBeGreaterThan(500);
  return { ...program, first };
}

/** Bytes that the pages of a dump take on disk. */
function bytesOnDisk(images: string): number {
  return statSync(join(images, "pages-1.img")).blocks * 512;
}

describeUnless(noDumpsByCriu, "an incremental dump is restored", () => {
  it("with pages from all three dumps", async () => {
    const program = await dumpThrice();
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("after criu dedup has removed the pages that later dumps replace", async () => {
    const program = await dumpThrice();
    const size = bytesOnDisk(program.first);
    const { status, stderr } = run([CRIU, "dedup", "-D", program.images]);
    expect(status, stderr).toBe(0);
    expect(bytesOnDisk(program.first)).toBeLessThan(size);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
