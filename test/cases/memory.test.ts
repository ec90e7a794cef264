import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type DumpedProgram, describeDumped, dumpProgram, forget, missing, restoreProgram, verdictOf } from "./case.ts";

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
  if (missing !== undefined) return undefined;
  const before = Number(readFileSync(HUGE_PAGES, "utf8"));
  writeFileSync(HUGE_PAGES, String(before + NEEDED));
  if (Number(readFileSync(HUGE_PAGES, "utf8")) === before + NEEDED) return before;
  writeFileSync(HUGE_PAGES, String(before));
  console.warn(`skipped: huge pages (the kernel has no ${NEEDED} to give)`);
  return undefined;
}

describe.skipIf(missing !== undefined)("huge pages come back", () => {
  it("huge-pages", async ({ skip }) => {
    const before = reserveHugePages();
    if (before === undefined) return skip();
    let hugetlbfs = "";
    try {
      const program = await dump("huge-pages", (directory) => {
        hugetlbfs = join(directory, "hugetlbfs");
        mkdirSync(hugetlbfs);
        if (spawnSync("mount", ["-t", "hugetlbfs", "none", hugetlbfs]).status !== 0) hugetlbfs = "";
      });
      await restoreProgram(program);
      expect(await verdictOf(program)).toBe("pass");
    } finally {
      if (hugetlbfs !== "") spawnSync("umount", ["--lazy", hugetlbfs]);
      writeFileSync(HUGE_PAGES, String(before));
    }
  });
});
