import {
  type Entry,
  type EntryKindName,
  type EntryValue,
  type FileEntry,
  fdTypes,
  type ImageSource,
  type InventoryEntry,
  imageFileName,
  openImageDirectory,
  type Pagemap,
  readEntries,
  readInventory,
  readPagemap,
} from "@restage/images";
import { RestoreError } from "../errors.ts";
import { callFirstTap } from "../plugin/call-taps.ts";
import { FILE_MEMBERS } from "./entry-kinds.ts";
import type { RestoreHooks } from "./hooks.ts";
import { guard, missingImage } from "./image-errors.ts";
import { OwnState } from "./own-state.ts";
import type { ReadImages } from "./read-images.ts";

const MEMBERS = Object.entries(FILE_MEMBERS) as readonly (readonly [
  keyof typeof FILE_MEMBERS,
  (typeof FILE_MEMBERS)[keyof typeof FILE_MEMBERS],
])[];

/**
 * The images of a checkpoint, read on demand; each entry passes through the hooks of its kind.
 *
 * Throws RestoreErrors with code ERR_IMAGE for images that are missing or damaged.
 */
export class ImageSet {
  readonly source: ImageSource;
  readonly #hooks: RestoreHooks;
  readonly #known: ReadImages | undefined;
  #inventory: InventoryEntry | undefined;
  readonly #read = new Map<string, readonly Entry<EntryKindName>[]>();
  #files: ReadonlyMap<number, FileEntry> | undefined;
  #own: OwnState | undefined;

  /** @param known images that have been read already. */
  constructor(source: ImageSource, hooks: RestoreHooks, known?: ReadImages) {
    this.source = source;
    this.#hooks = hooks;
    this.#known = known;
  }

  get inventory(): InventoryEntry {
    this.#inventory ??= this.#pass(
      "inventory",
      this.#known?.inventory ?? guard(() => readInventory(this.source)),
      "inventory.img",
      0,
    );
    return this.#inventory;
  }

  /** All entries of an image, each with its payload; none when there is no such image. */
  entries<K extends EntryKindName>(kind: K, id?: number | bigint | string): readonly Entry<K>[] {
    const file = imageFileName(kind, id);
    const known = this.#read.get(file);
    if (known !== undefined) return known as readonly Entry<K>[];
    const decoded = this.#known?.entries.get(file) as readonly Entry<K>[] | undefined;
    const read = decoded ?? guard(() => readEntries(this.source, kind, id));
    const entries = read.map((entry, index) => {
      const value = this.#pass(kind, entry.value, file, index);
      return value === entry.value ? entry : { ...entry, value };
    });
    this.#read.set(file, entries as readonly Entry<EntryKindName>[]);
    return entries;
  }

  /** The values of all entries of an image. */
  values<K extends EntryKindName>(kind: K, id?: number | bigint | string): readonly EntryValue<K>[] {
    return this.entries(kind, id).map((entry) => entry.value);
  }

  /** The first entry of an image, or undefined when there is none. */
  optional<K extends EntryKindName>(kind: K, id?: number | bigint | string): EntryValue<K> | undefined {
    return this.entries(kind, id)[0]?.value;
  }

  /** The first entry of an image that must exist. */
  value<K extends EntryKindName>(kind: K, id?: number | bigint | string): EntryValue<K> {
    const value = this.optional(kind, id);
    if (value !== undefined) return value;
    throw missingImage(imageFileName(kind, id));
  }

  /** Where the pages of a task or of a shared segment are; undefined when there is no such image. */
  pagemap(kind: "pagemap" | "shmem_pagemap", id: number | bigint): Pagemap | undefined {
    const file = imageFileName(kind, id);
    return this.#known?.pagemaps.get(file) ?? guard(() => readPagemap(this.source, file));
  }

  /** What CRIU's images have no fields for: empty unless Restage made the checkpoint. */
  get own(): OwnState {
    this.#own ??= new OwnState(this.values("restage"));
    return this.#own;
  }

  /** Every open file description by its id. */
  get files(): ReadonlyMap<number, FileEntry> {
    this.#files ??= this.#readFiles();
    return this.#files;
  }

  /** The file description with an id that another image names. */
  file(id: number, namedBy: string): FileEntry {
    const file = this.files.get(id);
    if (file !== undefined) return file;
    throw new RestoreError("ERR_IMAGE", `Cannot find file ${id}, which ${namedBy} names: files.img does not have it`, {
      entry: "files.img",
    });
  }

  #readFiles(): ReadonlyMap<number, FileEntry> {
    const files = new Map<number, FileEntry>();
    this.entries("files").forEach(({ value }, index) => {
      let entry: FileEntry = value;
      for (const [member, kind] of MEMBERS) {
        const inner = entry[member];
        if (inner === undefined) continue;
        const changed = this.#pass(kind, inner as EntryValue<typeof kind>, "files.img", index);
        if (changed !== inner) entry = { ...entry, [member]: changed };
      }
      const known = files.get(entry.id);
      if (known !== undefined) entry = this.#joined(known, entry, index);
      files.set(entry.id, entry);
    });
    return files;
  }

  /** A file of a TUN device has two entries: the regular file, and the device. */
  #joined(known: FileEntry, entry: FileEntry, index: number): FileEntry {
    const [regular, other] = known.type === fdTypes.REG ? [known, entry] : [entry, known];
    if (regular.type === fdTypes.REG && regular.reg !== undefined && other.type !== fdTypes.REG)
      return { ...other, reg: regular.reg };
    throw new RestoreError("ERR_IMAGE", `Cannot read files.img: two entries have the id ${entry.id}`, {
      entry: `files.img: entry ${index}`,
    });
  }

  #pass<K extends EntryKindName>(kind: K, value: EntryValue<K>, file: string, index: number): EntryValue<K> {
    const hook = this.#hooks.entries[kind];
    return hook.taps.length > 0
      ? (hook.call(value as never, { file, index, source: this.source }) as EntryValue<K>)
      : value;
  }
}

/** Opens the source that the first `imageSource` tap returns, or else a directory. */
export function openSource(location: string, hooks: RestoreHooks): ImageSource {
  return callFirstTap(hooks.imageSource, { location }) ?? guard(() => openImageDirectory(location));
}
