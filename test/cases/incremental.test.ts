import { existsSync, mkdirSync, readlinkSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { restoreWithCriu } from "../support/criu.ts";
import { CRIU, describeUnless, noCompiler } from "../support/requirements.ts";
import { restage, run } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, type RunningProgram, restoreProgram, startProgram, verdictOf } from "./case.ts";
import { dump, noDumpsByCriu } from "./dumpers.ts";
import { leaveToParent } from "./parent-images.ts";

/** Makes two earlier dumps of a program, and lets its memory change after each. */
async function dumpTwice(directory: string, pid: number): Promise<readonly string[]> {
  for (const round of [1, 2]) {
    const images = join(dirname(directory), `before-${round}`);
    mkdirSync(images);
    dump(images, pid, ["--leave-running"]);
    await change(directory, pid, round);
  }
  return [];
}

/** Lets the memory of a program change. */
async function change(directory: string, pid: number, round: number): Promise<void> {
  process.kill(pid, "SIGUSR1");
  const changed = (task: string) => existsSync(join(directory, `changed-${task}-${round}`));
  await until(() => changed("parent") && changed("child"), `memory has changed after dump ${round}`);
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

/** Makes two pre-dumps of a program with Restage, and then a checkpoint. Each has the one before as its parent. */
async function saveThrice(): Promise<RunningProgram & { readonly sizes: readonly number[] }> {
  const program = await startProgram(join(import.meta.dirname, "incremental"));
  const { directory, pid, images } = program;
  const save = (command: string, place: string, words: readonly string[]) => {
    const { status, stderr } = restage([command, String(pid), "-D", place, "--track-mem", ...words]);
    expect(status, stderr).toBe(0);
    return statSync(join(place, "pages-1.img")).size + statSync(join(place, "pages-2.img")).size;
  };
  const [first, second] = ["before-1", "before-2"].map((name) => join(dirname(images), name)) as [string, string];
  const sizes = [save("pre-dump", first, [])];
  await change(directory, pid, 1);
  sizes.push(save("pre-dump", second, ["--prev-images-dir", "../before-1"]));
  await change(directory, pid, 2);
  sizes.push(save("checkpoint", images, ["--prev-images-dir", "../before-2"]));
  await program.ended;
  expect(readlinkSync(join(images, "parent"))).toBe("../before-2");
  return { ...program, sizes };
}

describeUnless(noCompiler, "Restage saves only pages that have changed since the parent", () => {
  it("and restores all of them", async () => {
    const program = await saveThrice();
    const [first = 0, ...later] = program.sizes;
    // Each task has 600 pages of its own. It changes few of them, and moves 300 to another place after the second round.
    expect(first).toBeGreaterThan(1200 * 4096);
    for (const size of later) expect(size).toBeLessThan(0.7 * first);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("but all pages of a task that the parent does not have", async () => {
    const [program, other] = [await startProgram(join(import.meta.dirname, "incremental")), await saveThrice()];
    for (const round of [1, 2]) await change(program.directory, program.pid, round);
    const words = ["checkpoint", String(program.pid), "-D", program.images, "--prev-images-dir", other.images];
    const { status, stderr } = restage(words);
    expect(status, stderr).toBe(0);
    await program.ended;
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("and refuses a parent that is not one, leaving the tree as it was", async () => {
    const { pid, images } = await startProgram(join(import.meta.dirname, "incremental"));
    const { status, stderr } = restage(["checkpoint", String(pid), "-D", images, "--prev-images-dir", "../nothing"]);
    expect(stderr).toContain("Cannot use the pages of");
    expect(status).toBe(1);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
  });
});

describeUnless(noDumpsByCriu, "CRIU restores", () => {
  it("a chain of Restage's images", async () => {
    const program = await saveThrice();
    restoreWithCriu(program.images, ["--manage-cgroups=ignore"]);
    expect(await verdictOf(program)).toBe("pass");
  });
});
