import { describe, expect, it } from "vitest";
import { LazyRanges } from "../../src/lazy-pages/lazy-ranges.ts";

/** Pages at their addresses of the checkpoint. */
const at = (start: number, end: number, image = start) => ({ start, end, image });

describe("pages that are missing", () => {
  it("are joined where both their addresses and their places in the image follow each other", () => {
    expect(new LazyRanges([at(0, 4), at(8, 12), at(4, 8)]).all).toEqual([at(0, 12)]);
    expect(new LazyRanges([at(0, 4), at(4, 8, 100)]).all).toEqual([at(0, 4), at(4, 8, 100)]);
  });

  it("are taken from one range at a time, and the rest stays", () => {
    const ranges = new LazyRanges([at(0, 10), at(20, 30)]);
    expect(ranges.takeAt(4, 3)).toEqual(at(4, 7));
    expect(ranges.takeAt(8, 100)).toEqual(at(8, 10));
    expect(ranges.takeAt(12, 4)).toBeUndefined();
    expect(ranges.takeFirst(2)).toEqual(at(0, 2));
    expect(ranges.all).toEqual([at(2, 4), at(7, 8), at(20, 30)]);
    expect([ranges.has(3), ranges.has(4), ranges.has(29), ranges.has(30)]).toEqual([true, false, true, false]);
  });

  it("move with the memory, and what was at the other address is gone", () => {
    const ranges = new LazyRanges([at(0, 10), at(20, 30), at(100, 104)]);
    ranges.move(5, 98, 20);
    expect(ranges.all).toEqual([at(0, 5), at(25, 30), at(98, 103, 5), at(113, 118, 20)]);
  });

  it("move onto themselves", () => {
    const ranges = new LazyRanges([at(0, 10)]);
    ranges.move(0, 4, 10);
    expect(ranges.all).toEqual([at(4, 14, 0)]);
  });

  it("are found by their place in the image, wherever they are now", () => {
    const ranges = new LazyRanges([at(0, 10)]);
    ranges.move(2, 50, 4);
    expect(ranges.ofImage(3, 9)).toEqual(at(6, 9));
    ranges.take(7, 9);
    expect(ranges.ofImage(3, 9)).toEqual(at(6, 7));
    ranges.take(6, 7);
    expect(ranges.ofImage(3, 9)).toEqual(at(51, 54, 3));
    ranges.take(0, 100);
    expect(ranges.ofImage(0, 100)).toBeUndefined();
    expect(ranges.isEmpty).toBe(true);
  });
});
