import { expect, it } from "vitest";
import { digestOf, digestOfFile, loadDigests, parseDigests, printDigests } from "../src/mod.ts";

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7) % 251);

it("digests are those of xxhsum", async () => {
  const start = await loadDigests();
  expect(digestOf(start, new Uint8Array())).toBe("ef46db3751d8e999");
  expect(digestOf(start, new TextEncoder().encode("abc"))).toBe("44bc2cf5ad770999");
});

it("a file that is read in parts has the digest of its bytes", async () => {
  const start = await loadDigests();
  const content = bytes(3 * 1024 * 1024 + 11);
  const read = (offset: number, length: number) => content.subarray(offset, offset + length);
  expect(digestOfFile(start, read)).toBe(digestOf(start, content));
  expect(digestOfFile(start, () => undefined)).toBeUndefined();
});

it("two digests can be computed at the same time", async () => {
  const start = await loadDigests();
  const [one, other] = [start(), start()];
  for (const part of [bytes(100), bytes(33)]) {
    one.add(part);
    other.add(part);
  }
  expect(one.end()).toBe(other.end());
});

it("a printed list is parsed again, and a damaged one is not", () => {
  const digests = new Map([["core-1.img", "44bc2cf5ad770999"]]);
  expect(parseDigests(printDigests(digests))).toEqual(digests);
  expect(parseDigests("44bc2cf5ad77099  core-1.img\n")).toBeUndefined();
});
