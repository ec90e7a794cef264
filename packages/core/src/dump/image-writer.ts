import { join, resolve } from "node:path";
import { type EntryDraft, type EntryKindName, encodeDrafts, imageFileName, type RawKindName } from "@restage/images";
import { AT_FDCWD, O } from "@restage/linux/abi";
import { RestoreError } from "../errors.ts";
import type { Host } from "../host/host.ts";

type Id = number | bigint | undefined;

interface PendingImage {
  readonly kind: EntryKindName;
  readonly entries: EntryDraft<EntryKindName>[];
}

/** The images of a checkpoint that is being made. Entries are kept until all are there; then they are written. */
export class ImageWriter {
  readonly #directory: string;
  readonly #host: Host;
  readonly #images = new Map<string, PendingImage>();
  readonly #raw = new Map<string, Uint8Array>();
  /** Those that were written by others than `write`. */
  readonly #made: string[] = [];
  #pages = 0;

  constructor(directory: string, host: Host) {
    this.#directory = resolve(directory);
    this.#host = host;
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

  /** The number of another pages image. */
  nextPages(): number {
    return ++this.#pages;
  }

  /** Opens a raw image to which system calls write. Returns its descriptor. */
  open(kind: RawKindName, id: Id): number {
    const path = this.pathOf(imageFileName(kind, id));
    return this.#host.call.openat(AT_FDCWD, path, O.WRONLY | O.CREAT | O.TRUNC | O.CLOEXEC, 0o600).result;
  }
  /** Where a program writes an image by itself. */
  pathOf(name: string): string {
    this.#made.push(name);
    return join(this.#directory, name);
  }
  close(file: number): void {
    this.#host.call.close(file);
  }

  /** Makes the directory. Throws ERR_OPTION when it cannot. */
  prepare(): void {
    this.#guard("", (path) => this.#host.makeDirectory(path));
  }
  /** Writes all images. @param owner their owner, if not this process's user. */
  write(owner?: { readonly uid: number; readonly gid: number }): void {
    for (const [name, { kind, entries }] of this.#images)
      this.#guard(name, (path) => this.#host.createFile(path, encodeDrafts(kind, entries, name), owner));
    for (const [name, payload] of this.#raw) this.#guard(name, (path) => this.#host.createFile(path, payload, owner));
    if (owner === undefined) return;
    for (const name of this.#made) this.#guard(name, (path) => this.#host.giveFile(path, owner));
  }

  #guard<T>(name: string, write: (path: string) => T): T {
    const path = join(this.#directory, name);
    try {
      return write(path);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new RestoreError("ERR_IMAGE", `Cannot write ${path}: ${message}`, { cause: error });
    }
  }
}
