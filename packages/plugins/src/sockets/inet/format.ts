import { AF, ICMP_FILTER, IP, IPV6, SOL, TCP } from "@restage/linux/abi";
import { type AddressWords, addressBytes } from "./addresses.ts";

/** The address and port of one end of a socket. */
export interface InetEnd {
  readonly words: AddressWords;
  readonly port: number;
}

/** struct sockaddr_in and sockaddr_in6: their sizes, and where the address begins. Source: include/uapi/linux/in.h and in6.h. */
const SOCKADDR_IN = { size: 16, sin_addr: 4 } as const;
const SOCKADDR_IN6 = { size: 28, sin6_addr: 8 } as const;
const PORT_OFFSET = 2;

/** Bytes of struct sockaddr_in6, the larger of the two. */
export const SOCKET_ADDRESS_SIZE = SOCKADDR_IN6.size;
/** Where sin6_scope_id is in struct sockaddr_in6. */
export const SCOPE_OFFSET = 24;

/** Bytes of the struct sockaddr of a family. */
export function addressSize(family: number): number {
  return family === AF.INET ? SOCKADDR_IN.size : SOCKADDR_IN6.size;
}

/** struct sockaddr_in or sockaddr_in6. */
export function encodeAddress(family: number, { port, words }: InetEnd): Uint8Array {
  const bytes = new Uint8Array(addressSize(family));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  view.setUint16(PORT_OFFSET, port);
  bytes.set(addressBytes(family, words), family === AF.INET ? SOCKADDR_IN.sin_addr : SOCKADDR_IN6.sin6_addr);
  return bytes;
}

/** The reverse of `encodeAddress`. */
export function decodeAddress(family: number, bytes: Uint8Array): InetEnd {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = family === AF.INET ? SOCKADDR_IN.sin_addr : SOCKADDR_IN6.sin6_addr;
  const words = Array.from({ length: wordsOf(family) }, (_, index) => view.getUint32(at + 4 * index, true));
  return { port: view.getUint16(PORT_OFFSET), words };
}

/** How many words an address of a family has. */
export function wordsOf(family: number): number {
  return family === AF.INET6 ? 4 : 1;
}

/** An option by its level and number. */
export interface InetOption {
  readonly level: number;
  readonly option: number;
}

/** Options of the IP level by their fields in images. */
export const IP_OPTIONS = {
  freebind: { level: SOL.IP, option: IP.FREEBIND },
  pktinfo: { level: SOL.IP, option: IP.PKTINFO },
  tos: { level: SOL.IP, option: IP.TOS },
  ttl: { level: SOL.IP, option: IP.TTL },
  nodefrag: { level: SOL.IP, option: IP.NODEFRAG },
  hdrincl: { level: SOL.IP, option: IP.HDRINCL },
} as const satisfies Readonly<Record<string, InetOption>>;

/** Options of the IPv6 level by their fields in images. */
export const IPV6_OPTIONS = {
  freebind: { level: SOL.IPV6, option: IPV6.FREEBIND },
  pktinfo: { level: SOL.IPV6, option: IPV6.RECVPKTINFO },
  hdrincl: { level: SOL.IPV6, option: IPV6.HDRINCL },
} as const satisfies Readonly<Record<string, InetOption>>;

/** The filter of raw ICMP sockets: struct icmp_filter or icmp6_filter, as words. */
export function icmpFilter(family: number): InetOption & { readonly size: number } {
  return family === AF.INET6
    ? { level: SOL.ICMPV6, option: ICMP_FILTER, size: 32 }
    : { level: SOL.RAW, option: ICMP_FILTER, size: 4 };
}

/** Options of TCP by their fields in images. */
export const TCP_OPTIONS = {
  nodelay: TCP.NODELAY,
  cork: TCP.CORK,
  keepcnt: TCP.KEEPCNT,
  keepidle: TCP.KEEPIDLE,
  keepintvl: TCP.KEEPINTVL,
} as const;
