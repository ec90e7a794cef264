import { AF, GROUP_FILTER, MCAST, SOCKADDR_STORAGE_SIZE } from "@restage/linux/abi";
import type { AddressWords } from "../inet/addresses.ts";
import { decodeAddress, encodeAddress } from "../inet/format.ts";

/** A group on a network device. */
export interface Group {
  readonly device: string;
  readonly address: AddressWords;
}

/** A network device with groups, and its index. */
export interface GroupOnDevice extends Group {
  readonly index: number;
}

/** What a socket receives of a group that it has joined. */
export interface SourceFilter {
  /** Whether only datagrams of `sources` are received; otherwise those of all others are. */
  readonly only: boolean;
  readonly sources: readonly AddressWords[];
}

/** The family of an address. */
export function familyOf(address: AddressWords): number {
  return address.length === 1 ? AF.INET : AF.INET6;
}

/** The groups of /proc/net/igmp, without those that only the kernel has joined. */
export function parseIgmp(text: string): readonly GroupOnDevice[] {
  const found: GroupOnDevice[] = [];
  let device = { name: "", index: 0 };
  for (const line of text.split("\n").slice(1)) {
    const head = /^(\d+)\s+(\S+)\s*:/.exec(line);
    if (head !== null) device = { index: Number(head[1]), name: head[2] ?? "" };
    const group = /^\s+([0-9A-F]{8})\s+(\d+) /.exec(line);
    if (group === null) continue;
    const address = [Number.parseInt(group[1] ?? "0", 16)];
    const isOfKernel = address[0] === ALL_HOSTS && group[2] === "1";
    if (!isOfKernel) found.push({ device: device.name, index: device.index, address });
  }
  return found;
}

/** 224.0.0.1 in the order of its bytes, little-endian. */
const ALL_HOSTS = 0x0100_00e0;

/** The groups of /proc/net/igmp6, without those of nodes that only the kernel has joined. */
export function parseIgmp6(text: string): readonly GroupOnDevice[] {
  return text.split("\n").flatMap((line): GroupOnDevice[] => {
    const [index, device, hex = "", users] = line.trim().split(/\s+/);
    if (device === undefined || !/^[0-9a-f]{32}$/.test(hex)) return [];
    const isOfKernel = users === "1" && /^ff0[12]0{27}1$|^ff020{19}1ff/.test(hex);
    return isOfKernel ? [] : [{ device, index: Number(index), address: wordsOfHex(hex) }];
  });
}

function wordsOfHex(hex: string): AddressWords {
  const view = new DataView(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)).buffer);
  return [0, 4, 8, 12].map((at) => view.getUint32(at, true));
}

/** Bytes of struct group_filter with room for a number of sources. */
export function filterSize(sources: number): number {
  return GROUP_FILTER.gf_slist + sources * SOCKADDR_STORAGE_SIZE;
}

/** struct group_filter with room for a number of sources. */
export function encodeFilter(index: number, group: AddressWords, filter: SourceFilter, sources: number): Uint8Array {
  const bytes = new Uint8Array(filterSize(sources));
  const view = new DataView(bytes.buffer);
  view.setUint32(GROUP_FILTER.gf_interface, index, true);
  bytes.set(encodeAddress(familyOf(group), { words: group, port: 0 }), GROUP_FILTER.gf_group);
  view.setUint32(GROUP_FILTER.gf_fmode, filter.only ? MCAST.INCLUDE : MCAST.EXCLUDE, true);
  view.setUint32(GROUP_FILTER.gf_numsrc, sources, true);
  for (const [at, source] of filter.sources.entries())
    bytes.set(encodeAddress(familyOf(source), { words: source, port: 0 }), filterSize(at));
  return bytes;
}

/** How many sources a struct group_filter has; there can be room for fewer. */
export function countSources(filter: Uint8Array): number {
  return new DataView(filter.buffer, filter.byteOffset).getUint32(GROUP_FILTER.gf_numsrc, true);
}

/** The reverse of `encodeFilter`, for a group of a family. */
export function decodeFilter(family: number, filter: Uint8Array): SourceFilter {
  const view = new DataView(filter.buffer, filter.byteOffset);
  return {
    only: view.getUint32(GROUP_FILTER.gf_fmode, true) === MCAST.INCLUDE,
    sources: Array.from({ length: countSources(filter) }, (_, at) => {
      return decodeAddress(family, filter.subarray(filterSize(at), filterSize(at + 1))).words;
    }),
  };
}
