import { closeSync, existsSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { RestoreError } from "@restage/core";
import { encodeEntries, imageFileName, PARENT_LINK, pageFlags } from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { writeOwnFile } from "../own-file.ts";

/** Commands of a dump to its page server. Source: CRIU criu/page-xfer.c. */
const COMMAND = {
  ADD: 1,
  HOLE: 2,
  OPEN: 3,
  OPEN2: 4,
  PARENT: 5,
  ADD_F: 6,
  CLOSE: 0x1023,
  FORCE_CLOSE: 0x1024,
} as const;
/** struct page_server_iov: u32 command with flags in its upper half, padding, u64 number of pages, u64 address, u64 image. */
const HEADER_SIZE = 32;
/** The kind of a pagemap image, in the lowest byte of its number. */
const KINDS = { 1: "pagemap", 2: "shmem_pagemap" } as const;
/** A page server numbers its pages images from here, so that their names differ from those of the dump. */
const FIRST_PAGES = 0x1_0001;
/** The number of bytes that are copied at once. */
const CHUNK = 1 << 20;

/**
 * Receives the pages of a dump, and writes them with their pagemaps. It is the other end of `criu dump --page-server`.
 *
 * Throws ERR_IMAGE if the dump does not finish.
 *
 * @param socket a connected stream socket, in blocking mode.
 * @param images the directory for the images.
 */
export function receivePages(socket: number, images: string): void {
  const receiver = new Receiver(socket, images);
  try {
    while (receiver.serveNext());
  } finally {
    receiver.close();
  }
}

interface OpenImage {
  readonly name: string;
  readonly kind: (typeof KINDS)[keyof typeof KINDS];
  readonly number: number;
  readonly pages: number;
  readonly entries: { vaddr: bigint; compat_nr_pages: number; nr_pages: bigint; flags: number }[];
}

class Receiver {
  readonly #socket: number;
  readonly #images: string;
  readonly #chunk = Buffer.alloc(CHUNK);
  #image: OpenImage | undefined;
  #number = FIRST_PAGES;

  constructor(socket: number, images: string) {
    this.#socket = socket;
    this.#images = images;
  }

  /** Serves a command. Returns whether another one follows. */
  serveNext(): boolean {
    const header = this.#read(HEADER_SIZE);
    const word = header.readUInt32LE(0);
    const command = word & 0xffff;
    const [pages, address, image] = [8, 16, 24].map((at) => header.readBigUInt64LE(at)) as [bigint, bigint, bigint];
    switch (command) {
      case COMMAND.OPEN:
      case COMMAND.OPEN2: {
        const hasParent = this.#open(image);
        if (command === COMMAND.OPEN2) writeSync(this.#socket, Uint8Array.of(hasParent ? 1 : 0));
        return true;
      }
      case COMMAND.PARENT:
        this.#answer(this.#hasParent(nameOf(image)) ? 1 : 0);
        return true;
      case COMMAND.ADD_F:
        this.#add(address, pages, word >>> 16);
        return true;
      case COMMAND.ADD:
        this.#add(address, pages, pageFlags.PE_PRESENT);
        return true;
      case COMMAND.HOLE:
        this.#add(address, pages, pageFlags.PE_PARENT);
        return true;
      case COMMAND.CLOSE:
      case COMMAND.FORCE_CLOSE:
        // The dump waits until everything is written.
        this.close();
        this.#answer(0);
        return false;
      default:
        throw new RestoreError("ERR_IMAGE", `The dump sent the unknown command ${command}`);
    }
  }

  /** Completes the images. */
  close(): void {
    const image = this.#image;
    this.#image = undefined;
    if (image === undefined) return;
    closeSync(image.pages);
    const head = { value: { pages_id: image.number } };
    const entries = image.entries.map((value) => ({ value }));
    writeOwnFile(join(this.#images, image.name), encodeEntries(image.kind, [head, ...entries], image.name));
  }

  /** Begins an image. Returns whether an earlier dump also has it. */
  #open(image: bigint): boolean {
    this.close();
    const number = this.#number++;
    const name = nameOf(image);
    const pages = openSync(join(this.#images, imageFileName("pages", number)), "w", 0o600);
    this.#image = { name, kind: kindOf(image), number, pages, entries: [] };
    return this.#hasParent(name);
  }

  #hasParent(name: string): boolean {
    return existsSync(join(this.#images, PARENT_LINK, name));
  }

  #add(vaddr: bigint, pages: bigint, flags: number): void {
    const image = this.#image;
    if (image === undefined) throw new RestoreError("ERR_IMAGE", "The dump sent pages before it named their image");
    image.entries.push({ vaddr, compat_nr_pages: 0, nr_pages: pages, flags });
    if ((flags & pageFlags.PE_PRESENT) === 0) return;
    for (let rest = Number(pages) * PAGE_SIZE; rest > 0; ) {
      const bytes = this.#read(Math.min(rest, CHUNK));
      for (let at = 0; at < bytes.length; ) at += writeSync(image.pages, bytes, at);
      rest -= bytes.length;
    }
  }

  #answer(value: number): void {
    writeSync(this.#socket, new Uint8Array(Int32Array.of(value).buffer));
  }

  #read(length: number): Buffer {
    for (let at = 0; at < length; ) {
      const more = readSync(this.#socket, this.#chunk, at, length - at, null);
      if (more === 0)
        throw new RestoreError("ERR_IMAGE", "The dump closed the connection before it had sent all pages");
      at += more;
    }
    return this.#chunk.subarray(0, length);
  }
}

function kindOf(image: bigint): OpenImage["kind"] {
  const kind = KINDS[Number(image & 0xffn) as keyof typeof KINDS];
  if (kind !== undefined) return kind;
  throw new RestoreError("ERR_IMAGE", `The dump sent pages of an image of an unknown kind: ${image & 0xffn}`);
}

function nameOf(image: bigint): string {
  return imageFileName(kindOf(image), image >> 8n);
}
