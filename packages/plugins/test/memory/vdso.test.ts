import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { testPlugin } from "@restage/core/testing";
import { vmaStatus } from "@restage/images";
import { describe, expect, it } from "vitest";
import { vdso } from "../../src/memory/vdso/restore.ts";
import { readVdsoSymbols } from "../../src/memory/vdso/vdso-image.ts";

const { VMA_AREA_REGULAR, VMA_AREA_VDSO, VMA_AREA_VVAR, VMA_ANON_SHARED } = vmaStatus;

describe("the vdso", () => {
  it("and vvar go to their recorded addresses, each mapping by itself", async () => {
    const vmas = [
      { start: 0x7000_0000_0000n, end: 0x7000_0000_6000n, status: VMA_AREA_REGULAR | VMA_AREA_VVAR },
      { start: 0x7000_0000_6000n, end: 0x7000_0000_8000n, status: VMA_AREA_REGULAR | VMA_AREA_VDSO },
    ];
    const lines = await testPlugin(vdso(), { task: { pid: 7, vmas } });
    const moves = lines.map((line) =>
      / mremap\(0x\w+, (0x\w+), 0x\w+, MREMAP_MAYMOVE\|MREMAP_FIXED, (0x\w+)\) expects/.exec(line)?.slice(1),
    );
    expect(moves).toEqual([
      ["0x4000", "0x700000000000"],
      ["0x2000", "0x700000004000"],
      ["0x2000", "0x700000006000"],
    ]);
  });

  it.skipIf(process.platform !== "linux" || process.arch !== "x64")("of this machine has its functions found", () => {
    const line =
      readFileSync("/proc/self/maps", "latin1")
        .split("\n")
        .find((each) => each.endsWith("[vdso]")) ?? "";
    const [start = 0, end = 0] = (line.split(" ")[0] ?? "").split("-").map((word) => Number.parseInt(word, 16));
    const text = new Uint8Array(end - start);
    const memory = openSync("/proc/self/mem", "r");
    readSync(memory, text, 0, text.length, start);
    closeSync(memory);
    const symbols = readVdsoSymbols(text);
    expect([...(symbols?.keys() ?? [])]).toEqual(
      expect.arrayContaining(["__vdso_clock_gettime", "__vdso_gettimeofday", "__vdso_time"]),
    );
    for (const at of symbols?.values() ?? []) expect(at).toBeLessThan(text.length);
    // Damaged ones are recognized, and not read beyond their end.
    expect(readVdsoSymbols(text.subarray(0, 100))).toBeUndefined();
    expect(readVdsoSymbols(new Uint8Array(4096))).toBeUndefined();
  });

  it("is left alone where a task had none", async () => {
    expect(
      await testPlugin(vdso(), { task: { pid: 7, vmas: [{ start: 0x1000n, end: 0x2000n, status: VMA_ANON_SHARED }] } }),
    ).toEqual([]);
  });
});
