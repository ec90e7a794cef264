import { NLA_TYPE_MASK, NLMSGHDR_SIZE } from "@restage/linux/abi";

/** A netlink message. Source: netlink(7). */
export interface NetlinkMessage {
  readonly type: number;
  /** All of it, with its header. */
  readonly bytes: Uint8Array;
  /** What follows the header. */
  readonly body: Uint8Array;
}

/** Bytes of the header of an attribute: struct nlattr. */
const NLATTR_SIZE = 4;

/** A message with its header: struct nlmsghdr. @param flags NLM_F. */
export function encodeMessage(type: number, flags: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(NLMSGHDR_SIZE + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  bytes.set(body, NLMSGHDR_SIZE);
  return bytes;
}

/** Splits what one receive call returned into messages. Stops at the first damaged one. */
export function decodeMessages(bytes: Uint8Array): readonly NetlinkMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + NLMSGHDR_SIZE <= bytes.length; ) {
    const size = view.getUint32(at, true);
    if (size < NLMSGHDR_SIZE) break;
    const message = bytes.slice(at, at + size);
    messages.push({ type: view.getUint16(at + 4, true), bytes: message, body: message.subarray(NLMSGHDR_SIZE) });
    at += aligned(size);
  }
  return messages;
}

/** An attribute, padded to 4 bytes. */
export function encodeAttribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(aligned(NLATTR_SIZE + value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, NLATTR_SIZE + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, NLATTR_SIZE);
  return bytes;
}

/** Attributes by type, without the flag bits of the type. */
export type Attributes = ReadonlyMap<number, Uint8Array>;

/** Decodes attributes. Of several of a type, the last. */
export function decodeAttributes(bytes: Uint8Array): Attributes {
  return new Map(listAttributes(bytes));
}

/** The body of a request from that of an answer: its header, and those of its attributes that a request can have, in the order of the types. */
export function withAttributes(header: Uint8Array, attributes: Attributes, types: readonly number[]): Uint8Array {
  const kept = types.flatMap((type) => {
    const value = attributes.get(type);
    return value === undefined ? [] : [encodeAttribute(type, value)];
  });
  return Buffer.concat([header, ...kept]);
}

/** All attributes of a type. */
export function attributesOf(bytes: Uint8Array, type: number): readonly Uint8Array[] {
  return listAttributes(bytes).flatMap(([other, value]) => (other === type ? [value] : []));
}

function listAttributes(bytes: Uint8Array): readonly (readonly [type: number, value: Uint8Array])[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const attributes: [number, Uint8Array][] = [];
  for (let at = 0; at + NLATTR_SIZE <= bytes.length; ) {
    const size = view.getUint16(at, true);
    if (size < NLATTR_SIZE) break;
    attributes.push([view.getUint16(at + 2, true) & NLA_TYPE_MASK, bytes.slice(at + NLATTR_SIZE, at + size)]);
    at += aligned(size);
  }
  return attributes;
}

function aligned(size: number): number {
  return (size + 3) & ~3;
}
