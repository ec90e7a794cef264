import { UFFD_EVENT } from "@restage/linux/abi";
import { expect, it } from "vitest";
import { decodeMemoryEvents } from "../../src/lazy-pages/memory-events.ts";

/** struct uffd_msg. */
function message(event: number, ...words: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = event;
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setBigUint64(8 + 8 * index, word, true);
  return bytes;
}

it("events of memory are decoded, several at once", () => {
  const bytes = Buffer.concat([
    message(UFFD_EVENT.PAGEFAULT, 1n, 0x7fff_1234_5678n),
    message(UFFD_EVENT.FORK, 9n),
    message(UFFD_EVENT.REMAP, 0x1000n, 0x8000n, 0x2000n),
    message(UFFD_EVENT.REMOVE, 0x1000n, 0x3000n),
    message(UFFD_EVENT.UNMAP, 0x4000n, 0x5000n),
  ]);
  expect(decodeMemoryEvents(bytes)).toEqual([
    { kind: "fault", address: 0x7fff_1234_5678 },
    { kind: "fork", descriptor: 9 },
    { kind: "move", from: 0x1000, to: 0x8000, length: 0x2000 },
    { kind: "remove", start: 0x1000, end: 0x3000 },
    { kind: "unmap", start: 0x4000, end: 0x5000 },
  ]);
});

it("an event that is not known is an error", () => {
  expect(() => decodeMemoryEvents(message(0x7f))).toThrow("unknown event 127");
});
