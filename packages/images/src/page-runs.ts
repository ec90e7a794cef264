/**
 * The place of each page of an address space in the pages images (CRIU: criu/pagemap.c).
 *
 * @module
 */
import { decodeEntries } from "./decode-image.ts";
import { imageFileName, parseImageFileName } from "./file-name.ts";
import { ImageError } from "./image-error.ts";
import type { ImageSource } from "./image-source.ts";
import { pageFlags } from "./messages/bits.ts";
import type { PagemapEntry, PagemapHead } from "./messages/memory.ts";
import { unknownFields } from "./schema/message.ts";

/** The longest chain of parent dumps. */
export const MAX_PARENTS = 1000;

/** Consecutive pages with consecutive data. */
export interface PageRun {
  /** The address of the first page; for shared memory, its offset in the segment in bytes. */
  readonly address: bigint;
  /** Number of pages. */
  readonly pages: number;
  /** `PE_*` flags in the requested dump, even if a parent holds the data. */
  readonly flags: number;
  /** The dump that holds the data: the requested one or one of its parents. */
  readonly source: ImageSource;
  /** The file that holds the data. */
  readonly pagesFile: string;
  /** Bytes from the start of `pagesFile`. Undefined if no file holds the data, but the page server of a lazy dump. */
  readonly offset: number | undefined;
}

/** The pages of one pagemap image. */
export interface Pagemap {
  /** The pages image of this dump. Runs from parents name their own. */
  readonly pagesFile: string;
  /** Ascending by address, without overlap. */
  readonly runs: readonly PageRun[];
}

/** Options of {@link readPagemap}. */
export interface PagemapOptions {
  /** Bytes per page on the host of the dump; 4096 by default. */
  readonly pageSize?: number;
}

/**
 * Reads a pagemap image, `pagemap-PID.img` or `pagemap-shmem-ID.img`, and finds the data of every page, including those in parent dumps.
 *
 * @returns undefined if there is no such image.
 * @throws {ImageError} As `decodeImage`, and:
 *
 * - `ERR_IMAGE_PAGEMAP` for runs that are unordered, unaligned, outside the address space or missing in the parent, and for a pages
 *   image that is shorter or longer than the runs.
 * - `ERR_IMAGE_PARENT` for a chain of parents that is circular or too long.
 * - `ERR_IMAGE_UNSUPPORTED` for entries with unknown fields, which may mean another layout of the data, such as the compressed pages
 *   of CRIU after 4.2.
 * - `ERR_IMAGE_KIND` for the name of another kind of image.
 */
export function readPagemap(
  source: ImageSource,
  fileName: string,
  { pageSize = 4096 }: PagemapOptions = {},
): Pagemap | undefined {
  return resolve(source, fileName, pageSize, []);
}

function resolve(
  source: ImageSource,
  fileName: string,
  pageSize: number,
  children: readonly string[],
): Pagemap | undefined {
  const own = readOwn(source, fileName, pageSize);
  if (own === undefined || !own.runs.some(isInParent)) return own;
  const path = [...children, source.directory()];
  const parent = source.parent();
  if (parent === undefined)
    throw pagemapError(fileName, `some pages are in a parent dump, but ${source.description} has no parent`);
  if (path.includes(parent.directory())) {
    throw new ImageError(
      "ERR_IMAGE_PARENT",
      `Cannot follow the parent of ${source.description}: the chain of parents leads back to ${parent.directory()}`,
    );
  }
  if (path.length > MAX_PARENTS) {
    throw new ImageError(
      "ERR_IMAGE_PARENT",
      `Cannot follow the parent of ${source.description}: the chain has more than ${MAX_PARENTS} parents`,
    );
  }
  const below = resolve(parent, fileName, pageSize, path);
  if (below === undefined)
    throw pagemapError(fileName, `some pages are in a parent dump, but ${parent.description} has no such file`);
  return { pagesFile: own.pagesFile, runs: throughParent(own.runs, below.runs, fileName, pageSize, parent) };
}

function isInParent(run: PageRun): boolean {
  return (run.flags & pageFlags.PE_PARENT) !== 0;
}

/** Replaces each run whose data is in the parent with the parent's runs for the same pages, which may be several. */
function throughParent(
  own: readonly PageRun[],
  below: readonly PageRun[],
  fileName: string,
  pageSize: number,
  parent: ImageSource,
): PageRun[] {
  const size = BigInt(pageSize);
  const runs: PageRun[] = [];
  let next = 0;
  for (const run of own) {
    if (!isInParent(run)) {
      runs.push(run);
      continue;
    }
    let address = run.address;
    const end = run.address + BigInt(run.pages) * size;
    while (address < end) {
      // Both lists are sorted, so the search never goes back.
      while (next < below.length && endOf(below[next]!, size) <= address) next++;
      const there = below[next];
      if (there === undefined || there.address > address) {
        throw pagemapError(
          fileName,
          `page 0x${address.toString(16)} is in the parent dump, but ${parent.description} does not have it`,
        );
      }
      const thereEnd = endOf(there, size);
      const until = thereEnd < end ? thereEnd : end;
      runs.push({
        ...there,
        address,
        pages: Number((until - address) / size),
        flags: run.flags,
        offset: there.offset === undefined ? undefined : there.offset + Number(address - there.address),
      });
      address = until;
    }
  }
  return runs;
}

function endOf(run: PageRun, size: bigint): bigint {
  return run.address + BigInt(run.pages) * size;
}

/** The runs of this dump alone. Those whose data is in the parent have no offset yet. */
function readOwn(source: ImageSource, fileName: string, pageSize: number): Pagemap | undefined {
  const kind = parseImageFileName(fileName)?.kind;
  if (kind !== "pagemap" && kind !== "shmem_pagemap")
    throw new ImageError("ERR_IMAGE_KIND", `Cannot read pages of "${fileName}": expected a pagemap image`);
  const bytes = source.read(fileName);
  if (bytes === undefined) return undefined;
  const entries = decodeEntries(kind, bytes, fileName);
  if (entries.length === 0)
    throw new ImageError("ERR_IMAGE_ENTRIES", `Cannot read ${fileName}: expected a pagemap_head, found no entry`, {
      file: fileName,
    });
  const pagesFile = imageFileName("pages", (entries[0]!.value as PagemapHead).pages_id);
  const size = BigInt(pageSize);
  const runs: PageRun[] = [];
  let offset = 0;
  let previousEnd = 0n;
  for (let i = 1; i < entries.length; i++) {
    const entry = entries[i]!.value as PagemapEntry;
    const pages = entry.nr_pages ?? BigInt(entry.compat_nr_pages);
    if (pages === 0n) continue;
    const end = checkRun(entry, pages, previousEnd, size, fileName, i);
    const flags = entry.flags ?? (entry.in_parent === true ? pageFlags.PE_PARENT : pageFlags.PE_PRESENT);
    const present = (flags & pageFlags.PE_PRESENT) !== 0;
    runs.push({
      address: entry.vaddr,
      pages: Number(pages),
      flags,
      source,
      pagesFile,
      offset: present ? offset : undefined,
    });
    if (present) offset += Number(pages) * pageSize;
    previousEnd = end;
  }
  checkPagesFile(source, fileName, pagesFile, offset);
  return { pagesFile, runs };
}

function checkRun(
  entry: PagemapEntry,
  pages: bigint,
  previousEnd: bigint,
  size: bigint,
  fileName: string,
  index: number,
): bigint {
  const unknown = entry[unknownFields];
  if (unknown !== undefined) {
    const numbers = unknown.map((field) => field.number).join(", ");
    throw new ImageError(
      "ERR_IMAGE_UNSUPPORTED",
      `Cannot find the data of the pages at ${hexadecimal(entry.vaddr)}: pagemap_entry has unknown fields ${numbers}, perhaps for compressed pages of a newer CRIU`,
      { file: fileName, entry: index },
    );
  }
  if (entry.vaddr % size !== 0n)
    throw pagemapError(
      fileName,
      `address ${hexadecimal(entry.vaddr)} is not a multiple of the page size ${size}`,
      index,
    );
  if (entry.vaddr < previousEnd)
    throw pagemapError(
      fileName,
      `expected an address of ${hexadecimal(previousEnd)} or higher, found ${hexadecimal(entry.vaddr)}`,
      index,
    );
  const end = entry.vaddr + pages * size;
  if (end > 1n << 64n)
    throw pagemapError(fileName, `${pages} pages at ${hexadecimal(entry.vaddr)} exceed the address space`, index);
  return end;
}

function hexadecimal(address: bigint): string {
  return `0x${address.toString(16)}`;
}

/** Compares sizes. A short pages image has lost pages. A long one means lost runs: nothing else reveals a pagemap cut off between two. */
function checkPagesFile(source: ImageSource, fileName: string, pagesFile: string, expected: number): void {
  const found = source.size(pagesFile);
  if (found === undefined && expected === 0) return;
  if (found === undefined)
    throw pagemapError(
      fileName,
      `expected ${expected} bytes in ${pagesFile}, found no such file in ${source.description}`,
    );
  if (found !== expected) throw pagemapError(fileName, `expected ${expected} bytes in ${pagesFile}, found ${found}`);
}

function pagemapError(file: string, why: string, entry?: number): ImageError {
  return new ImageError("ERR_IMAGE_PAGEMAP", `Cannot find the pages of ${file}: ${why}`, { file, entry });
}
