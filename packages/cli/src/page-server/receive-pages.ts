import { closeSync, existsSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { RestoreError } from "@restage/core";
import {
  decodePageMessage,
  encodeEntries,
  imageFileName,
  PAGE_MESSAGE_SIZE,
  PARENT_LINK,
  type PagesKind,
  pageFlags,
  parsePagesImageNumber,
} from "@restage/images";
import { PAGE_SIZE } from "@restage/linux/abi";
import { writeOwnFile } from "../own-file.ts";

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
  readonly kind: PagesKind;
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
    const { command, flags, address, pages, target } = decodePageMessage(this.#read(PAGE_MESSAGE_SIZE));
    switch (command) {
      case "open":
      case "open2": {
        const hasParent = this.#open(target);
        if (command === "open2") writeSync(this.#socket, Uint8Array.of(hasParent ? 1 : 0));
        return true;
      }
      case "parent":
        this.#answer(this.#hasParent(nameOf(target)) ? 1 : 0);
        return true;
      case "add":
        this.#add(address, pages, flags);
        return true;
      case "add-present":
        this.#add(address, pages, pageFlags.PE_PRESENT);
        return true;
      case "add-parent":
        this.#add(address, pages, pageFlags.PE_PARENT);
        return true;
      case "close":
      case "force-close":
        // The dump waits until everything is written.
        this.close();
        this.#answer(0);
        return false;
      case "get":
        throw new RestoreError("ERR_IMAGE", "A client asked for pages, but this page server receives them", {
          hint: "serve pages with `restage page-server --lazy-pages`",
        });
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
    this.#image = { name, kind: imageOf(image).kind, number, pages, entries: [] };
    return this.#hasParent(name);
  }

  #hasParent(name: string): boolean {
    return existsSync(join(this.#images, PARENT_LINK, name));
  }

  #add(vaddr: bigint, pages: number, flags: number): void {
    const image = this.#image;
    if (image === undefined) throw new RestoreError("ERR_IMAGE", "The dump sent pages before it named their image");
    image.entries.push({ vaddr, compat_nr_pages: 0, nr_pages: BigInt(pages), flags });
    if ((flags & pageFlags.PE_PRESENT) === 0) return;
    for (let rest = pages * PAGE_SIZE; rest > 0; ) {
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

function imageOf(number: bigint) {
  const image = parsePagesImageNumber(number);
  if (image !== undefined) return image;
  throw new RestoreError("ERR_IMAGE", `The dump sent pages of an image of an unknown kind: ${number & 0xffn}`);
}

function nameOf(number: bigint): string {
  const { kind, id } = imageOf(number);
  return imageFileName(kind, id);
}
