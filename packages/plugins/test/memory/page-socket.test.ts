import type { Host } from "@restage/core";
import { SO } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { connectToPageServer } from "../../src/memory/page-server/page-socket.ts";

describe("a connection with a page server", () => {
  it("limits every wait for the server: the tree is stopped meanwhile, and the server can disappear", () => {
    const options: unknown[] = [];
    const attempt = (name: string, ...words: readonly unknown[]) => {
      if (name === "setsockopt") options.push(words[2]);
      return 0;
    };
    const host = { attempt, call: { socket: () => ({ result: 5 }) } } as unknown as Host;
    expect(connectToPageServer(host, "127.0.0.1", 27000, 30_000)).toBe(5);
    expect(options.sort()).toEqual([SO.RCVTIMEO, SO.SNDTIMEO].sort());
  });
});
