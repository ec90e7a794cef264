import { describe, expect, it } from "vitest";
import { cutLength } from "../src/store/cut.ts";
import { chunkKey } from "../src/store/store.ts";
import { pagesOf, seeded } from "./support/checkpoint.ts";

describe("cutLength", () => {
  it("makes chunks of whole pages between the least and the largest size", () => {
    const bytes = Buffer.concat(pagesOf(400, seeded(16)));
    const lengths: number[] = [];
    for (let at = 0; at < bytes.length; at += lengths.at(-1) ?? 0) lengths.push(cutLength(bytes.subarray(at), 0));
    for (const length of lengths.slice(0, -1)) {
      expect(length % 4096).toBe(0);
      expect(length).toBeGreaterThanOrEqual(4 * 4096);
      expect(length).toBeLessThanOrEqual(64 * 4096);
    }
    expect(lengths.length).toBeGreaterThan(10);
    expect(cutLength(new Uint8Array(1024 * 4096), 0)).toBeLessThanOrEqual(64 * 4096);
    expect(cutLength(new Uint8Array(10), 0)).toBe(10);
  });
});

describe("chunkKey", () => {
  it("is a key of a bucket", () => {
    expect(chunkKey("ab01")).toBe("ab.ab01");
  });
});
