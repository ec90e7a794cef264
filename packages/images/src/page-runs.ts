/**
 * Where the pages of an address space are (CRIU: criu/pagemap.c).
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

/** More parents than this are refused. */
export const MAX_PARENTS = 1000;

/** Consecutive pages whose data is consecutive too. */
export interface PageRun {
  /** Address of the first page; for shared memory its offset in the segment, in bytes. */
  readonly address: bigint;
  /** Number of pages. */
  readonly pages: number;
  /** `PE_*` flags of the dump that was asked for, even if the data is a parent's. */
  readonly flags: number;
  /** The dump that holds the data: the one that was asked for or one of its parents. */
  readonly source: ImageSource;
  /** The file that holds the data. */
  readonly pagesFile: string;
  /** Bytes from the start of `pagesFile`; undefined when the data is in no file, but with the page server of a lazy dump. */
  readonly offset: number | undefined;
}

/** The pages of one pagemap image. */
export interface Pagemap {
  /** The pages image of this dump; runs from parents have their own. */
  readonly pagesFile: string;
  /** Ascending by address, without overlap. */
  readonly runs: readonly PageRun[];
}

/** Options of {@link readPagemap}. */
export interface PagemapOptions {
  /** Bytes per page of the dumping host; 4096 by default. */
  readonly pageSize?: number;
}

/**
 * Reads a pagemap image, `pagemap-PID.img` or `pagemap-shmem-ID.img`, and finds the data of every page, in parent dumps too.
 *
 * @returns undefined if there is no such image.
 * @throws {ImageError} `ERR_IMAGE_PAGEMAP` for runs out of order, overlapping, not aligned, beyond the address space, or
 * missing in the parent, and for a pages image that is shorter or longer than the runs; `ERR_IMAGE_PARENT` for parents without end;
 * `ERR_IMAGE_UNSUPPORTED` for entries with fields that this version does not know, since the data may then be laid out otherwise
 * (compressed pages of CRIU after 4.2); `ERR_IMAGE_KIND` for the name of another kind of image; else as `decodeImage`.
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
    throw pagemapError(fileName, `pages are in a parent dump, but ${source.description} has no parent`);
  if (path.includes(parent.directory())) {
    throw new ImageError(
      "ERR_IMAGE_PARENT",
      `Cannot follow the parent of ${source.description}: it leads back to ${parent.directory()}`,
    );
  }
  if (path.length > MAX_PARENTS) {
    throw new ImageError(
      "ERR_IMAGE_PARENT",
      `Cannot follow the parent of ${source.description}: there are more than ${MAX_PARENTS} parents`,
    );
  }
  const below = resolve(parent, fileName, pageSize, path);
  if (below === undefined)
    throw pagemapError(fileName, `pages are in a parent dump, but ${parent.description} has no such file`);
  return { pagesFile: own.pagesFile, runs: throughParent(own.runs, below.runs, fileName, pageSize, parent) };
}

function isInParent(run: PageRun): boolean {
  return (run.flags & pageFlags.PE_PARENT) !== 0;
}

/** Replaces each run that is in the parent by the parent's runs for the same pages: often several. */
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
      // Both lists ascend, so the search never goes back.
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

/** The runs as this dump has them: those in the parent still without a place. */
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
  const address = `0x${entry.vaddr.toString(16)}`;
  const unknown = entry[unknownFields];
  if (unknown !== undefined) {
    const numbers = unknown.map((field) => field.number).join(", ");
    throw new ImageError(
      "ERR_IMAGE_UNSUPPORTED",
      `Cannot tell where the pages at ${address} are: pagemap_entry has unknown fields ${numbers}, as with compressed pages of a newer CRIU`,
      { file: fileName, entry: index },
    );
  }
  if (entry.vaddr % size !== 0n)
    throw pagemapError(fileName, `address ${address} is not a multiple of the page size ${size}`, index);
  if (entry.vaddr < previousEnd)
    throw pagemapError(fileName, `expected an address from 0x${previousEnd.toString(16)} on, found ${address}`, index);
  const end = entry.vaddr + pages * size;
  if (end > 1n << 64n) throw pagemapError(fileName, `${pages} pages at ${address} do not fit the address space`, index);
  return end;
}

/** Fewer bytes than the runs have: pages are lost. More: runs are lost, and nothing else would tell of a pagemap cut off between two. */
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
  return new ImageError("ERR_IMAGE_PAGEMAP", `Cannot place pages of ${file}: ${why}`, { file, entry });
}
