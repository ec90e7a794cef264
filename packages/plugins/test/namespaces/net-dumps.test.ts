import { describe, expect, it } from "vitest";
import { decodeDump, encodeDump } from "../../src/namespaces/net/netlink-dumps/format.ts";

/** A netlink message: length, type, and what follows the header. */
function message(type: number, body: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  bytes.set(body, 16);
  return bytes;
}

describe("a dump of addresses, rules or routes", () => {
  it("survives encoding and decoding, also with messages of odd lengths", () => {
    const dump = encodeDump("route", [message(24, [1, 2, 3]), message(25, []), message(24, [4, 5, 6, 7])]);
    expect(decodeDump("route", dump).map(({ type, body }) => [type, ...body])).toEqual([
      [24, 1, 2, 3],
      [25],
      [24, 4, 5, 6, 7],
    ]);
  });

  it("has no messages when the image is empty", () => {
    expect(decodeDump("rule", new Uint8Array())).toEqual([]);
    expect(decodeDump("rule", encodeDump("rule", []))).toEqual([]);
  });

  it("of another kind is refused", () => {
    expect(() => decodeDump("ifaddr", encodeDump("route", []))).toThrow("it does not begin as a dump of ifaddr");
  });

  it("with a message longer than the image is refused", () => {
    const dump = encodeDump("route", [message(24, [1, 2, 3, 4])]);
    expect(() => decodeDump("route", dump.subarray(0, dump.length - 1))).toThrow("message at byte 4 has 20 bytes");
  });
});
