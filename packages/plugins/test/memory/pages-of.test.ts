import type { Mapping } from "@restage/core";
import { expect, it } from "vitest";
import { pagesOf } from "../../src/memory/private-memory/pages-of.ts";

function mapping(start: number, end: number): Mapping {
  return { start: BigInt(start), end: BigInt(end) } as Mapping;
}

it("mappings next to each other are scanned at once, and each gets its part of a run; distant ones are scanned apart", () => {
  const scanned: (readonly [number, number])[] = [];
  const own = [
    { start: 0x2000, end: 0x5000 },
    { start: 0x8000, end: 0x9000 },
    { start: 0x40_0000, end: 0x40_1000 },
  ];
  const scan = {
    find(start: number, end: number) {
      scanned.push([start, end]);
      return { own: own.filter((run) => run.end > start && run.start < end), guards: [{ start: 0x3000, end: 0x3000 }] };
    },
    close() {},
  };
  const mappings = [
    mapping(0x1000, 0x3000),
    mapping(0x3000, 0x6000),
    mapping(0x8000, 0x9000),
    mapping(0x40_0000, 0x40_2000),
  ];
  const found = [...pagesOf(mappings, scan)].map((pages) => pages.own.map(({ start, end }) => [start, end]));
  expect(scanned).toEqual([
    [0x1000, 0x9000],
    [0x40_0000, 0x40_2000],
  ]);
  expect(found).toEqual([[[0x2000, 0x3000]], [[0x3000, 0x5000]], [[0x8000, 0x9000]], [[0x40_0000, 0x40_1000]]]);
});
