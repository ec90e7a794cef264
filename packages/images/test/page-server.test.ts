import { describe, expect, it } from "vitest";
import {
  decodePageMessage,
  encodePageMessage,
  type PageMessage,
  pagesImageNumber,
  parsePagesImageNumber,
} from "../src/mod.ts";

describe("messages of page servers", () => {
  const message: PageMessage = { command: "add", flags: 6, address: 0x7fff_f000_0000n, pages: 513, target: 0x701n };

  it("are the same after encoding and decoding", () => {
    for (const command of [
      "add",
      "add-present",
      "add-parent",
      "open",
      "open2",
      "parent",
      "get",
      "close",
      "force-close",
    ] as const)
      expect(decodePageMessage(encodePageMessage({ ...message, command }))).toEqual({ ...message, command });
  });

  it("have CRIU's layout", () => {
    expect(Buffer.from(encodePageMessage(message)).toString("hex")).toBe(
      ["06000600", "00000000", "0102000000000000", "000000f0ff7f0000", "0107000000000000"].join(""),
    );
  });

  it("with an unknown command, or more pages than an address space has, are refused", () => {
    const bytes = encodePageMessage(message);
    bytes[0] = 99;
    expect(() => decodePageMessage(bytes)).toThrow("unknown command 99");
    const long = encodePageMessage(message);
    long[14] = 1;
    expect(() => decodePageMessage(long)).toThrow("a range of");
  });

  it("name images by their kind and number", () => {
    expect(pagesImageNumber("pagemap", 7)).toBe(0x701n);
    expect(parsePagesImageNumber(pagesImageNumber("shmem_pagemap", 12n))).toEqual({ kind: "shmem_pagemap", id: 12n });
    expect(parsePagesImageNumber(0x703n)).toBeUndefined();
  });
});
