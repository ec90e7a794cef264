import { data, type Value } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { AF } from "@restage/linux/abi";

/** Of sin6_scope_id in struct sockaddr_in6. */
const SCOPE_OFFSET = 24;

/** Words of an address as they stand in images. */
export type AddressWords = readonly number[];

/** The bytes of an address: 4 or 16. */
export function addressBytes(family: number, words: AddressWords): Uint8Array {
  const length = family === AF.INET ? 1 : 4;
  return new Uint8Array(Uint32Array.from({ length }, (_, index) => words[index] ?? 0).buffer);
}

/**
 * struct sockaddr_in or sockaddr_in6.
 *
 * @param scope the index of the interface, for addresses that are only good on one link.
 */
export function socketAddress(
  family: number,
  port: number,
  words: AddressWords,
  scope: Value = 0,
): ReturnType<typeof data> {
  const bytes = new Uint8Array(family === AF.INET ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  bytes.set(addressBytes(family, words), family === AF.INET ? 4 : 8);
  return data(bytes, scope === 0 ? [] : [{ offset: SCOPE_OFFSET, size: 4, value: scope }]);
}

/** The addresses of a socket. */
export type InetEnds = Pick<InetSkEntry, "family" | "src_addr" | "dst_addr">;

/** The first words of an IPv4 address in an IPv6 socket. */
const MAPPED_PREFIX = [0, 0, 0xffff_0000];

/** Where a connection really is: IPv4 addresses in IPv6 sockets travel in IPv4. */
export function unmappedWords({ family, src_addr, dst_addr }: InetEnds): InetEnds {
  const isMapped = family === AF.INET6 && MAPPED_PREFIX.every((word, index) => dst_addr[index] === word);
  return isMapped
    ? { family: AF.INET, src_addr: src_addr.slice(3), dst_addr: dst_addr.slice(3) }
    : { family, src_addr, dst_addr };
}

/** Does it stand for every address of the machine? */
export function isAnyAddress(words: AddressWords): boolean {
  return words.every((word) => word === 0);
}

/** An address and a port for people: `127.0.0.1:80`, `[::1]:80`. */
export function printedAddress(family: number, port: number, words: AddressWords): string {
  const address = addressText(family, words);
  return family === AF.INET ? `${address}:${port}` : `[${address}]:${port}`;
}

/** An address as inet_ntop(3) writes it. */
export function addressText(family: number, words: AddressWords): string {
  const bytes = addressBytes(family, words);
  if (family === AF.INET) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  const text = groups.map((group) => group.toString(16)).join(":");
  const runs = [...text.matchAll(/\b0(:0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  const [longest] = runs;
  if (longest === undefined) return text;
  const { index, 0: zeros } = longest;
  return `${text.slice(0, index)}::${text.slice(index + zeros.length)}`.replace(/:{3,}/, "::");
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  1: "ICMP",
  6: "TCP",
  17: "UDP",
  58: "ICMPv6",
  136: "UDP-Lite",
  255: "raw",
};

/** A socket for people. */
export function inetName({ family, proto, src_port, src_addr, dst_port, dst_addr }: InetSkEntry): string {
  const own = printedAddress(family, src_port, src_addr);
  const peer = dst_port === 0 ? "" : ` connected to ${printedAddress(family, dst_port, dst_addr)}`;
  return `${PROTOCOL_NAMES[proto] ?? `protocol ${proto}`} socket ${own}${peer}`;
}
