import { isAbsolute, join, resolve } from "node:path";
import {
  DIGESTS_FILE,
  type Digest,
  digestOf,
  digestOfFile,
  type EntryDraft,
  type EntryKindName,
  encodeDrafts,
  imageFileName,
  imageKindOf,
  imageKinds,
  loadDigests,
  PARENT_LINK,
  printDigests,
  type RawKindName,
  type StartDigest,
} from "@restage/images";
import { AT, AT_FDCWD, O, PAGE_SIZE } from "@restage/linux/abi";
import { RestoreError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { DumpOptions } from "./options.ts";
import type { PagesRequest, PagesWriter } from "./pages-writer.ts";

type Id = number | bigint | undefined;

interface PendingImage {
  readonly kind: EntryKindName;
  readonly entries: EntryDraft<EntryKindName>[];
}

/** An image without entries, to which system calls write. */
export interface OpenImage {
  /** The descriptor. */
  readonly file: number;
  /** Adds written bytes to the digest of the file. Must be called for all of them, or for none. */
  readonly seen: (bytes: Uint8Array) => void;
}

type ImageWriterOptions = Pick<DumpOptions, "images" | "prevImagesDir" | "digests" | "pageServer">;

/** A call passes less than 256 KiB. */
const APPENDED_AT_ONCE = 128 * 1024;

const INVENTORY = imageFileName("inventory", undefined);

/**
 * The images of a checkpoint that is being made. They come into existence in a hidden directory, and move to their place together: what is there
 * before stays until then, and a checkpoint that fails leaves nothing.
 */
export class ImageWriter {
  readonly #directory: string;
  readonly #host: Host;
  /** Where the images are until they are published. */
  readonly #hidden: string;
  readonly #parent: string | undefined;
  /** Whether a page server has the memory, perhaps in this directory. */
  readonly #sendsPages: boolean;
  readonly #wantsDigests: boolean;
  readonly #images = new Map<string, PendingImage>();
  readonly #raw = new Map<string, Uint8Array>();
  /** The names of all files that exist. */
  readonly #made = new Set<string>();
  /** Digests of files whose content this process has. */
  readonly #digests = new Map<string, string>();
  /** Digests of content that this process copied from a task to a file. */
  readonly #streams = new Map<string, Digest>();
  #startDigest: StartDigest | undefined;
  /** Whether the directory was not there before. */
  #isNew = false;
  /** The directory in which the images are now. */
  #current: string;
  #pages = 0;

  constructor({ images, prevImagesDir, digests, pageServer }: ImageWriterOptions, host: Host) {
    this.#parent = prevImagesDir;
    this.#sendsPages = pageServer !== undefined;
    // The list of digests has all images, and this process does not have those of the page server.
    this.#wantsDigests = digests && !this.#sendsPages;
    this.#directory = resolve(images);
    this.#current = this.#directory;
    this.#host = host;
    this.#hidden = join(this.#directory, `.restage-${host.runId}`);
  }

  /** The directory in which the images are now. */
  get current(): string {
    return this.#current;
  }
  /** The directory of the earlier checkpoint, if there is one. */
  get parent(): string | undefined {
    if (this.#parent === undefined || isAbsolute(this.#parent)) return this.#parent;
    // Not shortened: a descriptor's link in /proc can be on the way.
    return `${this.#directory}/${this.#parent}`;
  }
  /** The names of all images that exist, with the digest of what was to be written; undefined for one that others have written. */
  get written(): ReadonlyMap<string, string | undefined> {
    return new Map([...this.#made].map((name) => [name, this.#digests.get(name)]));
  }

  /** Appends an entry to an image. */
  add<K extends EntryKindName>(kind: K, id: Id, entry: EntryDraft<K>): void {
    this.image(kind, id).push(entry as EntryDraft<EntryKindName>);
  }
  /** Makes an image, without entries when none follow. */
  image(kind: EntryKindName, id: Id): EntryDraft<EntryKindName>[] {
    const name = imageFileName(kind, id);
    let image = this.#images.get(name);
    if (image === undefined) {
      image = { kind, entries: [] };
      this.#images.set(name, image);
    }
    return image.entries;
  }
  /** Makes an image that has no entries. */
  raw(kind: RawKindName, id: Id, payload: Uint8Array): void {
    this.#raw.set(imageFileName(kind, id), payload);
  }

  /** Begins an image of pages, with its pagemap. */
  savePages({ kind, id }: PagesRequest): PagesWriter {
    const number = ++this.#pages;
    const content = this.open("pages", number);
    this.add(kind, id, { value: { pages_id: number } });
    return {
      content,
      add: ({ start, end }, flags) => {
        const pages = BigInt(end - start) / BigInt(PAGE_SIZE);
        this.add(kind, id, { value: { vaddr: BigInt(start), compat_nr_pages: 0, nr_pages: pages, flags } });
      },
      close: () => this.close(content),
    };
  }

  /** Opens a raw image to which system calls write. Returns its descriptor. */
  open(kind: RawKindName, id: Id): OpenImage {
    const name = imageFileName(kind, id);
    const path = this.pathOf(name);
    const flags = O.WRONLY | O.CREAT | O.EXCL | O.CLOEXEC;
    const { result: file } = this.#host.call.openat(AT_FDCWD, path, flags, 0o600);
    return { file, seen: this.#wantsDigests ? (bytes) => this.#streamOf(name).add(bytes) : () => {} };
  }
  /** Appends bytes to an open image. */
  append({ file, seen }: OpenImage, bytes: Uint8Array): void {
    seen(bytes);
    for (let at = 0; at < bytes.length; at += APPENDED_AT_ONCE) {
      const part = bytes.subarray(at, at + APPENDED_AT_ONCE);
      this.#host.call.write(file, part, part.length);
    }
  }
  /** Where a program writes an image by itself. */
  pathOf(name: string): string {
    this.#made.add(name);
    return join(this.current, name);
  }
  close({ file }: OpenImage): void {
    this.#host.call.close(file);
  }

  /** Makes the directories. Throws ERR_IMAGE when it cannot. */
  async prepare(): Promise<void> {
    this.#startDigest = await loadDigests();
    this.#isNew = this.#host.inode(this.#directory) === undefined;
    guard(this.#directory, () => this.#host.makeDirectory(this.#directory));
    // Only this process can have files in it: what others placed there makes it fail.
    guard(this.#hidden, () => this.#host.call.mkdirat(AT_FDCWD, this.#hidden, 0o700));
    this.#current = this.#hidden;
    // Its own text would lead to another place from here.
    if (this.parent !== undefined) this.#link(this.parent, join(this.#hidden, PARENT_LINK));
  }
  /** Writes all images. @param owner the user that owns them, if not this process's. */
  write(owner: number | undefined): void {
    for (const [name, { kind, entries }] of this.#images) this.#create(name, () => encodeDrafts(kind, entries, name));
    for (const [name, payload] of this.#raw) this.#create(name, () => payload);
    if (owner === undefined) return;
    for (const name of this.#made) guard(name, () => this.#host.giveFile(join(this.current, name), owner));
    if (!this.#isNew) return;
    // Its files are for the owner and for this process's group.
    this.#host.call.fchmodat(AT_FDCWD, this.#directory, 0o750);
    this.#host.call.fchownat(AT_FDCWD, this.#directory, owner, -1, 0);
  }

  /** Writes the digests of all images, unless the options leave them out. */
  writeDigests(): void {
    if (!this.#wantsDigests) return;
    for (const name of this.#made) {
      if (this.#digests.has(name)) continue;
      const digest = this.#streams.get(name)?.end() ?? this.#digestOfFile(join(this.current, name));
      this.#digests.set(name, digest);
    }
    const text = printDigests(this.#digests);
    this.#create(DIGESTS_FILE, () => new TextEncoder().encode(text));
  }

  /** Moves the images to their place, and replaces an earlier checkpoint. The inventory comes last: without it, a directory has no checkpoint. */
  publish(): void {
    const isOurs = (name: string) => isOfCheckpoint(name) && !(this.#sendsPages && isOfPages(name));
    const earlier = (this.#host.list(this.#directory) ?? []).filter(isOurs);
    for (const name of [INVENTORY, DIGESTS_FILE, PARENT_LINK, ...earlier]) this.#remove(join(this.#directory, name));
    if (this.#parent !== undefined) this.#link(this.#parent, join(this.#directory, PARENT_LINK));
    const others = [...this.#made].filter((name) => name !== INVENTORY);
    for (const name of [...others, INVENTORY]) {
      const [from, to] = [join(this.#hidden, name), join(this.#directory, name)];
      guard(to, () => this.#host.call.renameat(AT_FDCWD, from, AT_FDCWD, to));
      this.#made.delete(name);
    }
    this.#removeHidden();
    this.#current = this.#directory;
  }
  /** Removes everything that was made and is not published. */
  discard(): void {
    if (this.#current !== this.#hidden) return;
    for (const name of this.#made) this.#remove(join(this.#hidden, name));
    this.#removeHidden();
    // Not if others have written to it.
    if (this.#isNew) this.#remove(this.#directory, AT.REMOVEDIR);
  }

  #streamOf(name: string): Digest {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const digest = this.#start()();
    this.#streams.set(name, digest);
    return digest;
  }

  #digestOfFile(path: string): string {
    const digest = digestOfFile(this.#start(), (offset, length) => this.#host.readBytes(path, offset, length));
    if (digest === undefined) throw new RestoreError("ERR_IMAGE", `Cannot read ${path} back`);
    return digest;
  }

  #start(): StartDigest {
    if (this.#startDigest === undefined) throw new Error("The directory of the images is not prepared");
    return this.#startDigest;
  }

  #removeHidden(): void {
    this.#remove(join(this.#hidden, PARENT_LINK));
    this.#remove(this.#hidden, AT.REMOVEDIR);
  }

  #link(target: string, path: string): void {
    guard(path, () => this.#host.call.symlinkat(target, AT_FDCWD, path));
  }

  #remove(path: string, flags = 0): void {
    this.#host.attempt("unlinkat", AT_FDCWD, path, flags);
  }

  #create(name: string, encode: () => Uint8Array): void {
    const path = this.pathOf(name);
    guard(path, () => {
      const bytes = encode();
      this.#digests.set(name, digestOf(this.#start(), bytes));
      this.#host.createFile(path, bytes);
    });
  }
}

/** Whether a file is an image that a restore would read as part of the checkpoint. Statistics are not, and others write cpuinfo.img before. */
function isOfCheckpoint(name: string): boolean {
  const kind = imageKindOf(name);
  return kind !== undefined && kind !== "cpuinfo" && imageKinds[kind].header !== "service";
}

/** Whether a file is one that a page server writes. */
function isOfPages(name: string): boolean {
  const kind = imageKindOf(name);
  return kind === "pages" || kind === "pagemap" || kind === "shmem_pagemap";
}

function guard<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new RestoreError("ERR_IMAGE", `Cannot write ${path}: ${message}`, { cause: error });
  }
}
