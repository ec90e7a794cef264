import { ELF_MAGIC, ELFCLASS, NHDR_SIZE, NT_GNU_BUILD_ID, PT } from "@restage/linux/abi";

/** Reads bytes of a file: fewer at its end, undefined when they cannot be read. */
export type ReadBytes = (offset: number, length: number) => Uint8Array | undefined;

/** The most bytes of headers and notes that are read. */
const MOST_BYTES = 1024 * 1024;
const MOST_BYTES_OF_ID = 512;

/** Offsets of the fields that lead to the notes, in 32-bit and 64-bit ELF files. */
const LAYOUTS = {
  32: { header: 52, phoff: 28, phentsize: 42, phnum: 44, offset: 4, filesz: 16 },
  64: { header: 64, phoff: 32, phentsize: 54, phnum: 56, offset: 8, filesz: 32 },
} as const;

/** The build-id of a program or library; undefined when it has none, "unknown" when it cannot be read. */
export function readBuildId(read: ReadBytes): Uint8Array | undefined | "unknown" {
  const header = read(0, LAYOUTS[64].header);
  if (header === undefined) return "unknown";
  if (header.length < LAYOUTS[32].header || view(header).getUint32(0, true) !== ELF_MAGIC) return undefined;
  const wide = header[4] === ELFCLASS[64];
  const layout = LAYOUTS[wide ? 64 : 32];
  if (header.length < layout.header) return undefined;
  const word = (bytes: Uint8Array, at: number) =>
    wide ? Number(view(bytes).getBigUint64(at, true)) : view(bytes).getUint32(at, true);
  const size = view(header).getUint16(layout.phentsize, true);
  const count = view(header).getUint16(layout.phnum, true);
  const table = read(word(header, layout.phoff), size * count);
  for (let at = 0; table !== undefined && at + layout.filesz + 8 <= table.length && size > 0; at += size) {
    const segment = table.subarray(at, at + size);
    if (view(segment).getUint32(0, true) !== PT.NOTE) continue;
    const notes = read(word(segment, layout.offset), Math.min(word(segment, layout.filesz), MOST_BYTES));
    const found = notes === undefined ? undefined : findBuildId(notes);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A note has the sizes of name and description, the type, the name and the description; both parts are padded to 4 bytes. */
function findBuildId(notes: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at + NHDR_SIZE <= notes.length; ) {
    const nameSize = view(notes).getUint32(at, true);
    const size = view(notes).getUint32(at + 4, true);
    const type = view(notes).getUint32(at + 8, true);
    const start = at + NHDR_SIZE + wholeWords(nameSize);
    if (type === NT_GNU_BUILD_ID && size > 0 && size <= MOST_BYTES_OF_ID && start + size <= notes.length) {
      return notes.subarray(start, start + size);
    }
    at = start + wholeWords(size);
  }
  return undefined;
}

function wholeWords(size: number): number {
  return Math.ceil(size / 4) * 4;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
