import { type DumpKind, dumpMagic } from "@restage/images";
import { NLMSGHDR_SIZE } from "@restage/linux/abi";

/** A message of the kernel without its header. */
export interface DumpedMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

/** The format of `ip address save` and similar commands: a magic number, then the kernel's messages, each aligned to 4 bytes. */
export function encodeDump(kind: DumpKind, messages: readonly Uint8Array[]): Uint8Array {
  const magic = new Uint8Array(Uint32Array.of(dumpMagic[kind]).buffer);
  return Buffer.concat([magic, ...messages.map(aligned)]);
}

function aligned(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  return padded;
}

/** Throws a RangeError that says what is wrong with damaged dumps. Returns no messages for an empty image. */
export function decodeDump(kind: DumpKind, payload: Uint8Array): readonly DumpedMessage[] {
  if (payload.length === 0) return [];
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (payload.length < 4 || view.getUint32(0, true) !== dumpMagic[kind])
    throw new RangeError(`it does not begin as a dump of ${kind}`);
  const messages: DumpedMessage[] = [];
  for (let at = 4; at + NLMSGHDR_SIZE <= payload.length; ) {
    const length = view.getUint32(at, true);
    if (length < NLMSGHDR_SIZE || at + length > payload.length)
      throw new RangeError(`message at byte ${at} has ${length} bytes`);
    messages.push({ type: view.getUint16(at + 4, true), body: payload.subarray(at + NLMSGHDR_SIZE, at + length) });
    at += (length + 3) & ~3;
  }
  return messages;
}
