import { AF, IPPROTO } from "@restage/linux/abi";
import { type AddressWords, addressBytes } from "../inet/addresses.ts";

/** A datagram and the ends between which it travels. Both addresses are of one family. */
export interface Datagram {
  readonly source: AddressWords;
  readonly sourcePort: number;
  readonly destination: AddressWords;
  readonly destinationPort: number;
  readonly content: Uint8Array;
}

const UDP_HEADER = 8;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const HOPS = 64;

export function familyOf(words: AddressWords): number {
  return words.length === 4 ? AF.INET6 : AF.INET;
}

/** The packet with its IP header, for a raw socket. Source: RFC 768, 791, 8200. */
export function encodePacket(datagram: Datagram): Uint8Array {
  const { source, sourcePort, destination, destinationPort, content } = datagram;
  const family = familyOf(destination);
  const header = family === AF.INET6 ? IPV6_HEADER : IPV4_HEADER;
  const bytes = new Uint8Array(header + UDP_HEADER + content.length);
  const view = new DataView(bytes.buffer);
  const length = UDP_HEADER + content.length;
  view.setUint16(header, sourcePort);
  view.setUint16(header + 2, destinationPort);
  view.setUint16(header + 4, length);
  bytes.set(content, header + UDP_HEADER);
  const addressesAt = family === AF.INET6 ? 8 : 12;
  bytes.set(addressBytes(family, source), addressesAt);
  bytes.set(addressBytes(family, destination), addressesAt + addressBytes(family, source).length);
  if (family === AF.INET6) {
    view.setUint8(0, 6 << 4);
    view.setUint16(4, length);
    view.setUint8(6, IPPROTO.UDP);
    view.setUint8(7, HOPS);
    view.setUint16(header + 6, checksum(bytes.subarray(addressesAt), length));
  } else {
    // The kernel fills in lengths and the header's checksum. IPv4 does not need that of UDP.
    view.setUint8(0, (4 << 4) | (IPV4_HEADER / 4));
    view.setUint8(8, HOPS);
    view.setUint8(9, IPPROTO.UDP);
  }
  return bytes;
}

/** The checksum of UDP over IPv6. @param bytes both addresses and what follows them. */
function checksum(bytes: Uint8Array, length: number): number {
  let sum = length + IPPROTO.UDP;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const inverse = ~sum & 0xffff;
  return inverse === 0 ? 0xffff : inverse;
}
