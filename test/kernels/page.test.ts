import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { supportRows } from "../../tools/support-rows.ts";
import { ROOT } from "../support/restage.ts";
import { kernelsPage } from "./page.ts";
import { REASONS } from "./reasons.ts";
import { type KernelResults, readAllResults, readResult } from "./results.ts";

describe("the results of other kernels", () => {
  it("are the lines that the scripts print", () => {
    expect(readResult("fixture many pass")).toEqual({ kind: "fixture", name: "many" });
    expect(readResult("criu tree fail:  no result after 9 ms")).toEqual({
      kind: "criu",
      name: "tree",
      problem: "no result after 9 ms",
    });
    expect(readResult("complete")).toBeUndefined();
    expect(readResult("fixture many")).toBeUndefined();
  });

  const kernel: KernelResults = {
    version: "6.1.0",
    results: [
      { kind: "fixture", name: "counter" },
      { kind: "fixture", name: "vdso", problem: "status 1" },
      { kind: "criu", name: "vdso", problem: "status 2" },
      { kind: "fixture", name: "shm", problem: "status 1" },
      { kind: "program", name: "bash" },
    ],
  };
  const page = kernelsPage([kernel], { vdso: "it is another" }, []);

  it("are counted by kind", () => {
    expect(page).toMatch(/^\| 6\.1\.0 +\| 1 of 3 +\| 1 of 1 +\| +\|$/m);
  });

  it("name what failed, with its reason and whether CRIU restores it", () => {
    expect(page).toContain("- fixture vdso, which CRIU does not restore there either: it is another");
    expect(page).toContain("- fixture shm: status 1");
  });

  it("are those of docs/kernels.md", async () => {
    const written = readFileSync(join(ROOT, "docs/kernels.md"), "utf8");
    expect(written, "docs are stale: npm run docs").toBe(kernelsPage(readAllResults(), REASONS, await supportRows()));
  });

  it("have a known reason wherever a restore failed", () => {
    const failed = readAllResults().flatMap(({ version, results }) =>
      results.flatMap(({ kind, name, problem }) =>
        kind === "criu" || problem === undefined || name in REASONS ? [] : `${version}: ${name}: ${problem}`,
      ),
    );
    expect(failed).toEqual([]);
  });
});
