import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type DumpedProgram, dump, dumpProgram, forget, missing, restoreProgram, until, verdictOf } from "./case.ts";
import { leaveToParent } from "./parent-images.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

/** Dumps it twice, letting memory change after each, before the dump that counts. */
async function dumpTwiceBefore(directory: string, pid: number): Promise<readonly string[]> {
  for (const round of [1, 2]) {
    const images = join(dirname(directory), `before-${round}`);
    mkdirSync(images);
    dump(images, pid, ["--leave-running"]);
    process.kill(pid, "SIGUSR1");
    const changed = (who: string) => existsSync(join(directory, `changed-${who}-${round}`));
    await until(() => changed("parent") && changed("child"), `memory has changed after dump ${round}`);
  }
  return [];
}

async function dumpThrice(): Promise<DumpedProgram & { readonly before: readonly [string, string] }> {
  const program = await dumpProgram(join(import.meta.dirname, "incremental"), dumpTwiceBefore);
  programs.push(program);
  const [first, second] = ["before-1", "before-2"].map((name) => join(dirname(program.images), name)) as [
    string,
    string,
  ];
  expect(leaveToParent(program.images, second)).toBeGreaterThan(500);
  expect(leaveToParent(second, first)).toBeGreaterThan(500);
  return { ...program, before: [first, second] };
}

/** Bytes that the pages of a directory take on disk. */
function bytesOnDisk(images: string): number {
  return statSync(join(images, "pages-1.img")).blocks * 512;
}

describe.skipIf(missing !== undefined)("incremental dumps are restored", () => {
  it("with pages of the dump and of both before it (incremental)", async () => {
    const program = await dumpThrice();
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("also when pages that nobody needs any more have been taken out of them (criu dedup)", async () => {
    const program = await dumpThrice();
    const [first] = program.before;
    const size = bytesOnDisk(first);
    const { status, stderr } = spawnSync(process.env["CRIU"] ?? "criu", ["dedup", "-D", program.images]);
    expect(status, String(stderr)).toBe(0);
    expect(bytesOnDisk(first)).toBeLessThan(size);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
