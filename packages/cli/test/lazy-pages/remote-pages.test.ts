import type { Host } from "@restage/core";
import { ERRNO } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { RemotePages } from "../../src/lazy-pages/remote-pages.ts";

/** A page server from which a read returns this. */
function serverOf(read: number): RemotePages {
  const attempt = (name: string) => (name === "recvfrom" ? read : 0);
  const host = { attempt, call: { mmap: () => ({ result: 0x1000 }) } } as unknown as Host;
  return new RemotePages(host, 5, 10_000);
}

describe("pages of a page server", () => {
  it.each([
    ["after it had read all requests", 0],
    ["with a request unread", -ERRNO.ECONNRESET],
  ])("are lost when it closes the connection %s, even while none are awaited", (_, read) => {
    const pages = serverOf(read);
    expect(pages.patience()).toBeUndefined();
    expect(() => pages.receive()).toThrow("Cannot get pages: the page server has closed the connection");
  });

  it("are not lost when nothing has arrived", () => {
    expect(() => serverOf(-ERRNO.EAGAIN).receive()).not.toThrow();
  });
});
