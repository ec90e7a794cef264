import { closeSync, ftruncateSync, writeSync } from "node:fs";
import { openOwnFile } from "../../own-file.ts";

/** A note. */
export interface Note {
  readonly owner: "CORE" | "LINUX";
  /** NT_*. */
  readonly type: number;
  readonly content: Uint8Array;
}

/** A stretch of memory. */
export interface Segment {
  readonly address: bigint;
  readonly size: number;
  /** PROT_*. */
  readonly protection: number;
  /** Its content; undefined if it is not known. What no part covers is 0. */
  readonly parts: readonly Part[] | undefined;
}

/** Content within a segment. */
export interface Part {
  readonly address: bigint;
  readonly size: number;
  /** Bytes from an offset in the part on. */
  read(offset: number, length: number): Uint8Array;
}

// Source: elf(5), and Linux, include/uapi/linux/elf.h.
const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
const ET_CORE = 4;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_NOTE = 4;
/** The number of program headers when section header 0 has the real one. */
const PN_XNUM = 0xffff;
const NOTE_ALIGNMENT = 4;
const PAGE_SIZE = 4096;
const CHUNK = 1 << 20;

/** Writes a core file of x86_64. Zeros are holes of the file. */
export function writeCoreFile(path: string, notes: readonly Note[], segments: readonly Segment[]): void {
  const file = openOwnFile(path);
  try {
    const noteBytes = encodeNotes(notes);
    const count = segments.length + 1;
    const sections = count < PN_XNUM ? 0 : 1;
    const notesAt = HEADER_SIZE + sections * SECTION_HEADER_SIZE + count * PROGRAM_HEADER_SIZE;
    const headers = new Bytes(notesAt);
    writeHeader(headers, count, sections);
    const programHeaders = HEADER_SIZE + sections * SECTION_HEADER_SIZE;
    writeProgramHeader(headers, programHeaders, {
      ...{ type: PT_NOTE, flags: 0, offset: notesAt, address: 0n, size: noteBytes.length },
      ...{ memory: 0, align: NOTE_ALIGNMENT },
    });
    let offset = roundUp(notesAt + noteBytes.length, PAGE_SIZE);
    segments.forEach((segment, index) => {
      const size = segment.parts === undefined ? 0 : segment.size;
      writeProgramHeader(headers, programHeaders + (index + 1) * PROGRAM_HEADER_SIZE, {
        ...{ type: PT_LOAD, flags: programFlags(segment.protection), offset, address: segment.address },
        ...{ size, memory: segment.size, align: PAGE_SIZE },
      });
      for (const part of segment.parts ?? []) copy(file, part, offset + Number(part.address - segment.address));
      offset += size;
    });
    writeAt(file, headers.bytes, 0);
    writeAt(file, noteBytes, notesAt);
    ftruncateSync(file, offset);
  } finally {
    closeSync(file);
  }
}

function writeHeader(headers: Bytes, count: number, sections: number): void {
  headers.bytes.set([0x7f, ...Buffer.from("ELF"), 2, 1, 1]);
  headers.u16(16, ET_CORE);
  headers.u16(18, EM_X86_64);
  headers.u32(20, 1);
  headers.u64(32, HEADER_SIZE + sections * SECTION_HEADER_SIZE);
  headers.u64(40, sections === 0 ? 0 : HEADER_SIZE);
  headers.u16(52, HEADER_SIZE);
  headers.u16(54, PROGRAM_HEADER_SIZE);
  headers.u16(56, Math.min(count, PN_XNUM));
  headers.u16(58, SECTION_HEADER_SIZE);
  headers.u16(60, sections);
  // sh_info of section header 0.
  if (sections > 0) headers.u32(HEADER_SIZE + 44, count);
}

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: bigint;
  readonly size: number;
  readonly memory: number;
  readonly align: number;
}

function writeProgramHeader(headers: Bytes, at: number, header: ProgramHeader): void {
  headers.u32(at, header.type);
  headers.u32(at + 4, header.flags);
  headers.u64(at + 8, header.offset);
  headers.u64(at + 16, header.address);
  headers.u64(at + 32, header.size);
  headers.u64(at + 40, header.memory);
  headers.u64(at + 48, header.align);
}

/** PF_* of PROT_*: the bits of reading and executing change places. */
function programFlags(protection: number): number {
  return ((protection & 1) << 2) | (protection & 2) | ((protection & 4) >> 2);
}

function encodeNotes(notes: readonly Note[]): Uint8Array {
  return Buffer.concat(
    notes.map(({ owner, type, content }) => {
      const name = Buffer.from(`${owner}\0`);
      const contentAt = 12 + roundUp(name.length, NOTE_ALIGNMENT);
      const note = new Bytes(contentAt + roundUp(content.length, NOTE_ALIGNMENT));
      note.u32(0, name.length);
      note.u32(4, content.length);
      note.u32(8, type);
      note.bytes.set(name, 12);
      note.bytes.set(content, contentAt);
      return note.bytes;
    }),
  );
}

/** Bytes to fill with little-endian numbers. */
export class Bytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  u64(at: number, value: number | bigint): void {
    this.#view.setBigUint64(at, BigInt(value), true);
  }
}

function copy(file: number, part: Part, to: number): void {
  for (let done = 0; done < part.size; done += CHUNK)
    writeAt(file, part.read(done, Math.min(CHUNK, part.size - done)), to + done);
}

function writeAt(file: number, bytes: Uint8Array, to: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, to + done);
}

function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}
