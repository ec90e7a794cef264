import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeEntries, openImageDirectory, pageFlags, readEntries } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { afterEach, expect, it } from "vitest";
import { type DumpedProgram, describeDumped, dumpProgram, forget, restoreProgram, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

async function dump(name: string): Promise<DumpedProgram> {
  const program = await dumpProgram(join(import.meta.dirname, name));
  programs.push(program);
  return program;
}

/** Every second run of pages goes to a parent of the checkpoint, as if it had not changed since an earlier dump. */
function splitPages({ images, pid }: DumpedProgram): number {
  const parent = join(dirname(images), "parent");
  mkdirSync(parent);
  const pagemap = `pagemap-${pid}.img`;
  const [head, ...runs] = readEntries(openImageDirectory(images), "pagemap", pid).map(({ value }) => value);
  if (head === undefined || !("pages_id" in head)) throw new Error(`${pagemap} has no head`);
  const pages = `pages-${head.pages_id}.img`;
  for (const name of [pagemap, pages, "inventory.img"]) copyFileSync(join(images, name), join(parent, name));
  symlinkSync("../parent", join(images, "parent"));
  const all = readFileSync(join(images, pages));
  const own: Uint8Array[] = [];
  let at = 0;
  const entries = runs.map((run, index) => {
    if (!("vaddr" in run)) throw new Error(`${pagemap} has two heads`);
    const length = Number(run.nr_pages ?? run.compat_nr_pages) * PAGE_SIZE;
    const content = all.subarray(at, at + length);
    at += length;
    if (index % 2 === 0) return { ...run, flags: pageFlags.PE_PARENT };
    own.push(content);
    return run;
  });
  writeFileSync(
    join(images, pagemap),
    encodeEntries("pagemap", [{ value: head }, ...entries.map((value) => ({ value }))]),
  );
  writeFileSync(join(images, pages), Buffer.concat(own));
  return entries.filter(({ flags }) => flags === pageFlags.PE_PARENT).length;
}

describeDumped("memory comes back", () => {
  it.each(["guard-regions", "memfds"])("%s", async (name) => {
    const program = await dump(name);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("from the images and their parent (lone-task)", async () => {
    const program = await dump("lone-task");
    expect(splitPages(program)).toBeGreaterThan(2);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
