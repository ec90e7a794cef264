import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageFileName, openImageDirectory, readEntries, readPagemap, vmaStatus } from "@restage/images";
import { vdso } from "@restage/plugins";
import { expect, it } from "vitest";
import { readVdsoSymbols } from "../../packages/plugins/src/memory/vdso/vdso-image.ts";
import { announceSkipped } from "../support/requirements.ts";
import { type DumpedProgram, dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { itComesBack } from "./comes-back.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("memory is restored", () => {
  for (const name of [
    "guard-regions",
    "memfds",
    "mapping-kinds",
    "many-mappings",
    "scattered-pages",
    "copy-on-write",
    "odd-addresses",
    "aio-rings",
  ])
    itComesBack(name, name);
});

const HUGE_PAGES = "/proc/sys/vm/nr_hugepages";
const NEEDED = 30;
const NO_HUGE_PAGES = `needs ${NEEDED} free huge pages`;

/** Reserves enough huge pages. Returns how many there were before, or undefined if the kernel has too few. */
function reserveHugePages(): number | undefined {
  const before = Number(readFileSync(HUGE_PAGES, "utf8"));
  writeFileSync(HUGE_PAGES, String(before + NEEDED));
  if (Number(readFileSync(HUGE_PAGES, "utf8")) === before + NEEDED) return before;
  writeFileSync(HUGE_PAGES, String(before));
  announceSkipped("huge pages are restored", NO_HUGE_PAGES);
  return undefined;
}

describeDumped("huge pages are restored", () => {
  it("huge-pages", async ({ skip }) => {
    const before = reserveHugePages();
    if (before === undefined) return skip(NO_HUGE_PAGES);
    // Not in the program's directory, which is removed earlier if the test fails.
    const hugetlbfs = mkdtempSync(join(tmpdir(), "restage-hugetlbfs-"));
    const isMounted = spawnSync("mount", ["-t", "hugetlbfs", "none", hugetlbfs]).status === 0;
    try {
      const prepare = (directory: string) => {
        if (isMounted) symlinkSync(hugetlbfs, join(directory, "hugetlbfs"));
      };
      const program = await dumpCase("huge-pages", { prepare });
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    } finally {
      if (isMounted) spawnSync("umount", ["--lazy", hugetlbfs]);
      rmSync(hugetlbfs, { recursive: true });
      writeFileSync(HUGE_PAGES, String(before));
    }
  });
});

/** Moves a function of the vdso in the images, as if it came from another kernel. */
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

describeDumped("the vdso of another kernel", () => {
  it("keeps its functions at their addresses, and they do what this kernel's functions do (other-vdso)", async () => {
    const program = await dumpCase("other-vdso");
    moveFunctionOfVdso(program);
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });

  it("makes system calls in place of functions that this kernel's vdso lacks (older-vdso)", async () => {
    const program = await dumpCase("older-vdso");
    const lacking = ["clock_getres", "getcpu", "getrandom"].flatMap((name) => [name, `__vdso_${name}`]);
    await restoreProgram(program, { plugins: [vdso({ redirect: true, without: lacking })] });
    expect(await verdictOf(program)).toBe("pass");
  });
});
