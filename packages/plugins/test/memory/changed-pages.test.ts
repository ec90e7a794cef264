import { ImagesInMemory } from "@restage/core/testing";
import { PAGE_SIZE } from "@restage/linux/abi";
import { expect, it } from "vitest";
import { changedPages } from "../../src/memory/private-memory/changed-pages.ts";

type Arguments = Parameters<typeof changedPages>;

it("changed pages of two dumps stay apart, even if one seems to follow the other in a file", () => {
  const dump = (fill: number) =>
    new ImagesInMemory([{ fileName: "pages-1.img", bytes: new Uint8Array(2 * PAGE_SIZE).fill(fill) }]);
  const run = (fill: number, page: number) => ({
    ...{ address: BigInt((1 + page) * PAGE_SIZE), pages: 1, flags: 0 },
    ...{ source: dump(fill), pagesFile: "pages-1.img", offset: page * PAGE_SIZE },
  });
  const task = { mm: {} } as Arguments[0];
  const vma = { start: 0x1000n, end: 0x3000n, flags: 0 } as Arguments[1][number];
  const own = [run(1, 0), run(2, 1)];
  expect(changedPages(task, [vma], own, [])).toEqual(own);
  const whole = { ...run(1, 0), pages: 2 };
  expect(changedPages(task, [vma], [whole], [])).toEqual([whole]);
  expect(changedPages(task, [vma], [whole], [run(1, 0), run(2, 1)])).toEqual([run(1, 1)]);
});
