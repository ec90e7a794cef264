import type { Host } from "@restage/core";
import { encodePageMessage, pageFlags } from "@restage/images";
import { ERRNO } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { RemotePages } from "../../src/lazy-pages/remote-pages.ts";

/** A page server from which a read returns this, or these bytes. */
function serverOf(read: number | Uint8Array): RemotePages {
  const attempt = (name: string, _socket: number, data: { bytes: Uint8Array }) => {
    if (name === "sendto") return data.bytes.length;
    if (name !== "recvfrom") return 0;
    if (typeof read === "number") return read;
    data.bytes.set(read);
    return read.length;
  };
  const host = { attempt, call: { mmap: () => ({ result: 0x1000 }) } } as unknown as Host;
  return new RemotePages(host, 5, 10_000, (pid) => `task ${pid} (server)`);
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

  it("are lost when it answers with others, and the message names the task", () => {
    const answer = { flags: pageFlags.PE_PRESENT, address: 0x5000n, pages: 1, target: 7n };
    const pages = serverOf(encodePageMessage({ command: "add", ...answer }));
    pages.request(7, 0x1000, 4096, () => {});
    expect(() => pages.receive()).toThrow("answered a request for pages of task 7 (server) at 0x1000 with others");
  });

  it("are not lost when nothing has arrived", () => {
    expect(() => serverOf(-ERRNO.EAGAIN).receive()).not.toThrow();
  });
});
