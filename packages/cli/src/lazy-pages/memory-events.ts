import { UFFD_EVENT, UFFD_MSG } from "@restage/linux/abi";

/** What happened to memory that a userfaultfd watches. */
export type MemoryEvent =
  | { readonly kind: "fault"; readonly address: number }
  | { readonly kind: "fork"; readonly descriptor: number }
  | { readonly kind: "move"; readonly from: number; readonly to: number; readonly length: number }
  /** The content is gone, and the mapping stays. */
  | { readonly kind: "remove"; readonly start: number; readonly end: number }
  | { readonly kind: "unmap"; readonly start: number; readonly end: number };

/** Reads struct uffd_msg, one after the other. Throws a RangeError for an event that was not asked for. */
export function decodeMemoryEvents(bytes: Uint8Array): readonly MemoryEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: MemoryEvent[] = [];
  for (let at = 0; at + UFFD_MSG.length <= bytes.length; at += UFFD_MSG.length) events.push(decode(view, at));
  return events;
}

function decode(view: DataView, at: number): MemoryEvent {
  const word = (index: number) => Number(view.getBigUint64(at + UFFD_MSG.arguments + 8 * index, true));
  const event = view.getUint8(at + UFFD_MSG.event);
  switch (event) {
    case UFFD_EVENT.PAGEFAULT:
      return { kind: "fault", address: word(1) };
    case UFFD_EVENT.FORK:
      return { kind: "fork", descriptor: view.getUint32(at + UFFD_MSG.arguments, true) };
    case UFFD_EVENT.REMAP:
      return { kind: "move", from: word(0), to: word(1), length: word(2) };
    case UFFD_EVENT.REMOVE:
      return { kind: "remove", start: word(0), end: word(1) };
    case UFFD_EVENT.UNMAP:
      return { kind: "unmap", start: word(0), end: word(1) };
    default:
      throw new RangeError(`The kernel sent the unknown event ${event} of memory`);
  }
}
