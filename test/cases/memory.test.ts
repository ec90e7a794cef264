import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageFileName, openImageDirectory, readEntries, readPagemap, vmaStatus } from "@restage/images";
import { afterEach, expect, it } from "vitest";
import { readVdsoSymbols } from "../../packages/plugins/src/memory/vdso/vdso-image.ts";
import { type DumpedProgram, describeDumped, dumpProgram, forget, restoreProgram, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) forget(program);
});

async function dump(name: string, prepare?: (directory: string) => void): Promise<DumpedProgram> {
  const program = await dumpProgram(join(import.meta.dirname, name), () => [], prepare);
  programs.push(program);
  return program;
}

describeDumped("memory comes back", () => {
  it.each(["guard-regions", "memfds", "mapping-kinds", "many-mappings", "copy-on-write", "odd-addresses", "aio-rings"])(
    "%s",
    async (name) => {
      const program = await dump(name);
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    },
  );
});

const HUGE_PAGES = "/proc/sys/vm/nr_hugepages";
const NEEDED = 30;

/** How many huge pages there were, when there are enough now. */
function reserveHugePages(): number | undefined {
  const before = Number(readFileSync(HUGE_PAGES, "utf8"));
  writeFileSync(HUGE_PAGES, String(before + NEEDED));
  if (Number(readFileSync(HUGE_PAGES, "utf8")) === before + NEEDED) return before;
  writeFileSync(HUGE_PAGES, String(before));
  console.warn(`skipped: huge pages (the kernel has no ${NEEDED} to give)`);
  return undefined;
}

describeDumped("huge pages come back", () => {
  it("huge-pages", async ({ skip }) => {
    const before = reserveHugePages();
    if (before === undefined) return skip();
    // Not in the program's directory: it stays until the end, whatever happens.
    const hugetlbfs = mkdtempSync(join(tmpdir(), "restage-hugetlbfs-"));
    const isMounted = spawnSync("mount", ["-t", "hugetlbfs", "none", hugetlbfs]).status === 0;
    try {
      const program = await dump("huge-pages", (directory) => {
        if (isMounted) symlinkSync(hugetlbfs, join(directory, "hugetlbfs"));
      });
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    } finally {
      if (isMounted) spawnSync("umount", ["--lazy", hugetlbfs]);
      rmSync(hugetlbfs, { recursive: true });
      writeFileSync(HUGE_PAGES, String(before));
    }
  });
});

/** Lets one of the functions of the vdso in the images lie somewhere else, as in that of another kernel. */
function moveFunctionOfVdso({ images, pid }: DumpedProgram): void {
  const source = openImageDirectory(images);
  const [mm] = readEntries(source, "mm", pid);
  const vdso = mm?.value.vmas.find(({ status }) => (status & vmaStatus.VMA_AREA_VDSO) !== 0);
  const run = readPagemap(source, imageFileName("pagemap", pid))?.runs.find(({ address }) => address === vdso?.start);
  if (vdso === undefined || run?.offset === undefined) throw new Error("The images have no vdso");
  const pages = join(images, run.pagesFile);
  const all = readFileSync(pages);
  const text = all.subarray(run.offset, run.offset + Number(vdso.end - vdso.start));
  const at = readVdsoSymbols(text)?.get("__vdso_clock_gettime");
  const symbol = text.indexOf(Buffer.from(BigUint64Array.of(BigInt(at ?? 0)).buffer));
  text.writeBigUInt64LE(BigInt(at ?? 0) + 64n, symbol);
  writeFileSync(pages, all);
}

describeDumped("a vdso of another kernel", () => {
  it("has its functions where they were, and they do what this kernel's do (other-vdso)", async () => {
    const program = await dump("other-vdso");
    moveFunctionOfVdso(program);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
