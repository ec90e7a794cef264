import type { InetSkEntry } from "@restage/images";
import { AF, IPPROTO } from "@restage/linux/abi";

/** An address as images hold it: words in network byte order, one for IPv4 and four for IPv6. */
export type AddressWords = readonly number[];

/** The bytes of an address: 4 or 16. */
export function addressBytes(family: number, words: AddressWords): Uint8Array {
  const length = family === AF.INET ? 1 : 4;
  return new Uint8Array(Uint32Array.from({ length }, (_, index) => words[index] ?? 0).buffer);
}

/** The addresses of both ends of a socket. */
export type InetAddresses = Pick<InetSkEntry, "family" | "src_addr" | "dst_addr">;

/** The first words of an IPv4 address in an IPv6 socket: `::ffff:0:0/96`. */
export const MAPPED_PREFIX: AddressWords = [0, 0, 0xffff_0000];

/** Whether it is an IPv4 address in an IPv6 socket. */
export function isMapped(words: AddressWords): boolean {
  return words.length === 4 && MAPPED_PREFIX.every((word, index) => words[index] === word);
}

/** An address as packets have it: without the prefix with which IPv6 sockets show IPv4 addresses. */
export function unmapped(words: AddressWords): AddressWords {
  return isMapped(words) ? words.slice(3) : words;
}

/** Unmaps the addresses of an IPv6 socket that is connected over IPv4. Its packets have IPv4 headers. */
export function unmappedAddresses({ family, src_addr, dst_addr }: InetAddresses): InetAddresses {
  return family === AF.INET6 && isMapped(dst_addr)
    ? { family: AF.INET, src_addr: src_addr.slice(3), dst_addr: dst_addr.slice(3) }
    : { family, src_addr, dst_addr };
}

/** Whether it is INADDR_ANY or in6addr_any, which stand for every address of the machine. */
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

/** The reverse of `addressText`, with the family; undefined for what is not an address. */
export function parseAddress(text: string): { readonly family: number; readonly words: AddressWords } | undefined {
  // Loaded only here: most restores change no address. Loading it takes Node 6 ms and Bun 11 ms.
  const kind = process.getBuiltinModule("node:net").isIP(text);
  if (kind === 0 || text.includes("%")) return undefined;
  const bytes = kind === 4 ? parseBytes(text) : parseGroups(text);
  const words = [...new Uint32Array(Uint8Array.from(bytes).buffer)];
  return { family: kind === 4 ? AF.INET : AF.INET6, words };
}

function parseBytes(text: string): readonly number[] {
  return text.split(".").map(Number);
}

function parseGroups(text: string): readonly number[] {
  const bytesOf = (part: string) =>
    part
      .split(":")
      .filter((group) => group !== "")
      .flatMap((group) => {
        if (group.includes(".")) return parseBytes(group);
        const value = Number.parseInt(group, 16);
        return [value >> 8, value & 0xff];
      });
  const [start = "", end] = text.split("::");
  const [first, last] = [bytesOf(start), bytesOf(end ?? "")];
  return [...first, ...new Array<number>(16 - first.length - last.length).fill(0), ...last];
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  [IPPROTO.ICMP]: "ICMP",
  [IPPROTO.TCP]: "TCP",
  [IPPROTO.UDP]: "UDP",
  [IPPROTO.ICMPV6]: "ICMPv6",
  [IPPROTO.UDPLITE]: "UDP-Lite",
  [IPPROTO.RAW]: "raw",
};

/** The name of a socket for people: `TCP socket 127.0.0.1:80 connected to 127.0.0.1:9`. */
export function inetName({ family, proto, src_port, src_addr, dst_port, dst_addr }: InetSkEntry): string {
  const own = printedAddress(family, src_port, src_addr);
  const peer = dst_port === 0 ? "" : ` connected to ${printedAddress(family, dst_port, dst_addr)}`;
  return `${PROTOCOL_NAMES[proto] ?? `protocol ${proto}`} socket ${own}${peer}`;
}
