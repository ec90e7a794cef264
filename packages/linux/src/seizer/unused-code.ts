import type { AddressRange } from "../abi/address-space.ts";
import { PAGE_SIZE } from "../abi/mman.ts";
import type { MapsEntry } from "../host/procfs.ts";
import { TRAMPOLINE_ALIGNMENT as ALIGNMENT, findTrampolines } from "./left-trampolines.ts";
import type { TaskMemory } from "./task-memory.ts";

const PT_LOAD = 1;
const PF_X = 1;

/** Offsets in struct elf64_hdr and elf64_phdr. Source: include/uapi/linux/elf.h. */
const HEADER = { phoff: 32, shoff: 40, phentsize: 54, phnum: 56, shentsize: 58, shnum: 60, size: 64 } as const;
const SEGMENT = { type: 0, flags: 4, offset: 8, vaddr: 16, filesz: 32, memsz: 40, size: 56 } as const;

/**
 * Finds unused executable bytes of a process: zeros between the end of an ELF image and the end of its last page. The vdso has some in every process;
 * other images are searched if it has too few.
 *
 * @returns the address of `length` bytes, undefined when there are none.
 */
export function findUnusedCode(
  memory: TaskMemory,
  pid: number,
  maps: readonly MapsEntry[],
  length: number,
): number | undefined {
  for (const { start, bytes } of slack(memory, pid, maps)) {
    const at = lastZeros(bytes, length);
    if (at >= 0) return start + at;
  }
  return undefined;
}

/** Finds the trampolines that killed checkpoints have left in a process. */
export function findLeftTrampolines(
  memory: TaskMemory,
  pid: number,
  maps: readonly MapsEntry[],
): readonly AddressRange[] {
  return [...slack(memory, pid, maps)].flatMap(({ start: base, bytes }) =>
    findTrampolines(bytes).map(({ start, end }) => ({ start: base + start, end: base + end })),
  );
}

/** The bytes between the end of each ELF image and the end of its last page. */
function* slack(memory: TaskMemory, pid: number, maps: readonly MapsEntry[]) {
  for (const image of imagesOf(maps)) {
    for (const { start, end } of slackOf(memory, pid, image)) {
      const bytes = memory.read(pid, start, end - start);
      if (bytes !== undefined) yield { start, bytes };
    }
  }
}

/** The mappings of each image, in address order, the vdso first. Writable and shared code is left out, because it must not be changed. */
function imagesOf(maps: readonly MapsEntry[]): readonly (readonly MapsEntry[])[] {
  const images = new Map<string, MapsEntry[]>();
  for (const entry of maps) {
    if (entry.name !== "[vdso]" && !entry.name.startsWith("/")) continue;
    const image = images.get(entry.name);
    if (image === undefined) images.set(entry.name, [entry]);
    else image.push(entry);
  }
  const isVdso = ([name]: readonly [string, unknown]) => Number(name === "[vdso]");
  const sorted = [...images].sort((a, b) => isVdso(b) - isVdso(a));
  return sorted.map(([, mappings]) => mappings).filter((mappings) => mappings.some(isCode));
}

function isCode({ permissions }: MapsEntry): boolean {
  return permissions === "r-xp";
}

function slackOf(memory: TaskMemory, pid: number, mappings: readonly MapsEntry[]): readonly AddressRange[] {
  const [{ start: base, end: firstEnd } = { start: 0, end: 0 }] = mappings;
  const header = viewOf(memory.read(pid, base, HEADER.size));
  // Of a class and byte order that this file knows: 64 bits, little endian.
  if (header === undefined || header.getUint32(0) !== 0x7f454c46 || header.getUint16(4) !== 0x0201) return [];
  const count = header.getUint16(HEADER.phnum, true);
  const table = base + Number(header.getBigUint64(HEADER.phoff, true));
  const segments = viewOf(memory.read(pid, table, count * SEGMENT.size));
  if (segments === undefined || header.getUint16(HEADER.phentsize, true) !== SEGMENT.size) return [];
  const word = (index: number, field: number) => Number(segments.getBigUint64(index * SEGMENT.size + field, true));
  const loaded = Array.from({ length: count }, (_, index) => index).filter(
    (index) => segments.getUint32(index * SEGMENT.size + SEGMENT.type, true) === PT_LOAD,
  );
  const first = loaded.find((index) => word(index, SEGMENT.offset) === 0);
  if (first === undefined) return [];
  const bias = base - pageStart(word(first, SEGMENT.vaddr));
  // Debuggers read the section headers of the vdso.
  const sections =
    base +
    Number(header.getBigUint64(HEADER.shoff, true)) +
    header.getUint16(HEADER.shentsize, true) * header.getUint16(HEADER.shnum, true);
  const isCovered = (address: number) =>
    loaded.some((index) => {
      const start = bias + word(index, SEGMENT.vaddr);
      return address >= pageStart(start) && address < start + word(index, SEGMENT.memsz);
    });
  return loaded.flatMap((index) => {
    if ((segments.getUint32(index * SEGMENT.size + SEGMENT.flags, true) & PF_X) === 0) return [];
    const size = Math.max(word(index, SEGMENT.filesz), word(index, SEGMENT.memsz));
    const used = bias + word(index, SEGMENT.vaddr) + size;
    const mapping = mappings.find((each) => isCode(each) && each.start < used && used <= each.end);
    if (mapping === undefined) return [];
    const start = mapping.start === base && sections <= firstEnd ? Math.max(used, sections) : used;
    const end = Math.ceil(start / PAGE_SIZE) * PAGE_SIZE;
    return end > mapping.end || isCovered(end - 1) ? [] : [{ start, end }];
  });
}

function pageStart(address: number): number {
  return Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
}

function viewOf(bytes: Uint8Array | undefined): DataView | undefined {
  return bytes === undefined ? undefined : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Aligned as the range is, whose end is the end of a page. Returns -1 when there are not so many. */
function lastZeros(bytes: Uint8Array, length: number): number {
  const room = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  for (let at = bytes.length - room; at >= ALIGNMENT; at -= ALIGNMENT)
    if (bytes.subarray(at, at + room).every((byte) => byte === 0)) return at;
  return -1;
}
