import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { cutLength } from "../src/store/cut.ts";
import { PLAIN } from "../src/store/seal.ts";
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

describe("a chunk", () => {
  const size = 64 * 4096;
  const stored = async (chunk: Uint8Array) => {
    const id = PLAIN.id(chunk);
    const sealed = await PLAIN.close(id, chunk);
    expect(Buffer.from(await PLAIN.open(id, sealed)).equals(chunk)).toBe(true);
    return sealed.length;
  };

  it("is stored as it is if its bytes are random", async () => {
    expect(await stored(randomBytes(size))).toBe(size + 1);
  });

  it("is compressed if a part of it is not random", async () => {
    const chunk = Buffer.concat([randomBytes(size / 2), Buffer.alloc(size / 2)]);
    expect(await stored(chunk)).toBeLessThan(0.6 * size);
    expect(await stored(Buffer.concat(pagesOf(64, seeded(17))))).toBeLessThan(0.6 * size);
  });
});

describe("chunkKey", () => {
  it("is a key of a bucket", () => {
    expect(chunkKey("ab01")).toBe("ab.ab01");
  });
});
