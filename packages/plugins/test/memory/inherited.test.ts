import { vmaStatus } from "@restage/images";
import { MADV } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { inheritedVmas, pagesOnlyIn } from "../../src/memory/private-memory/inherited.ts";

const { VMA_AREA_REGULAR, VMA_FILE_PRIVATE } = vmaStatus;

describe("memory that a task inherits from its forker", () => {
  const range = (start: bigint, end: bigint) => ({ start, end });
  const run = (address: bigint, pages: number) => ({ address, pages }) as Parameters<typeof pagesOnlyIn>[0][number];

  it("is given back where only the forker had a page", () => {
    const theirs = [run(0x1000n, 4), run(0x8000n, 2)];
    expect(pagesOnlyIn(theirs, [], range(0x0n, 0x10000n))).toEqual([range(0x1000n, 0x5000n), range(0x8000n, 0xa000n)]);
    expect(pagesOnlyIn(theirs, [run(0x2000n, 1)], range(0x0n, 0x10000n))).toEqual([
      range(0x1000n, 0x2000n),
      range(0x3000n, 0x5000n),
      range(0x8000n, 0xa000n),
    ]);
    expect(pagesOnlyIn(theirs, [run(0x0n, 16)], range(0x0n, 0x10000n))).toEqual([]);
    // Cut at the borders of the mapping.
    expect(pagesOnlyIn(theirs, [run(0x3000n, 6)], range(0x2000n, 0x9000n))).toEqual([range(0x2000n, 0x3000n)]);
  });

  const both = (child: object, parent: object = {}) => {
    const vma = {
      start: 0x1000n,
      end: 0x3000n,
      prot: 3,
      flags: 0x22,
      status: VMA_AREA_REGULAR | vmaStatus.VMA_ANON_PRIVATE,
      madv: 0n,
      shmid: 0n,
      pgoff: 0n,
    };
    const task = (own: object) => ({ survives: true, mm: { exe_file_id: 1, vmas: [{ ...vma, ...own }] } });
    return inheritedVmas({ ...task(child), forker: task(parent) } as unknown as Parameters<typeof inheritedVmas>[0])
      .size;
  };

  it("is kept where both have the same mapping", () => {
    expect(both({})).toBe(1);
    for (const different of [
      { end: 0x4000n },
      { prot: 1 },
      { flags: 0x122 },
      { madv: 1n << 14n },
      { status: VMA_AREA_REGULAR | VMA_FILE_PRIVATE },
    ]) {
      expect(both(different), JSON.stringify(Object.keys(different))).toBe(0);
    }
  });

  it("is not kept where the kernel does not pass it on", () => {
    const advice = 1n << BigInt(MADV.DONTFORK);
    expect(both({ madv: advice }, { madv: advice })).toBe(0);
    expect(both({ flags: 0x2022 }, { flags: 0x2022 })).toBe(0);
  });
});
