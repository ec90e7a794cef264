/**
 * Sources of images.
 *
 * @module
 */
import { decodeEntries, decodeImage } from "./decode-image.ts";
import { imageFileName } from "./file-name.ts";
import type { Entry, Image } from "./image.ts";
import { ImageError } from "./image-error.ts";
import type { EntryKindName } from "./image-kinds.ts";
import type { InventoryEntry } from "./messages/inventory.ts";

/** The images of one dump. Files are named without a directory: `core-1234.img`. */
export interface ImageSource {
  /** For messages: a path or an address. */
  readonly description: string;
  /** The names of all files, sorted. */
  list(): readonly string[];
  /** The content of a file. Undefined if there is no such file. */
  read(fileName: string): Uint8Array | undefined;
  /** Bytes of a file from an offset on, fewer at its end, without reading the rest. Undefined if there is no such file. */
  readPart(fileName: string, offset: number, length: number): Uint8Array | undefined;
  /** The size of a file in bytes, without reading it. Undefined if there is no such file. */
  size(fileName: string): number | undefined;
  /** A directory that holds the pages images and other raw images, which tasks read themselves. */
  directory(): string;
  /** The previous dump, if this one is incremental. */
  parent(): ImageSource | undefined;
}

/**
 * Reads an image. Returns undefined if there is no such image; for most kinds that means the same as an image without entries.
 *
 * @throws {ImageError} As `decodeImage`, and the errors of the source.
 */
export function readImage(source: ImageSource, fileName: string): Image | undefined {
  const bytes = source.read(fileName);
  return bytes === undefined ? undefined : decodeImage(fileName, bytes);
}

/**
 * Reads the entries of an image. A missing image has no entries.
 *
 * @param id The variable part of the name, for kinds that have one.
 * @throws {ImageError} As `decodeImage`, and the errors of the source.
 */
export function readEntries<K extends EntryKindName>(
  source: ImageSource,
  kind: K,
  id?: number | bigint | string,
): readonly Entry<K>[] {
  const fileName = imageFileName(kind, id);
  const bytes = source.read(fileName);
  return bytes === undefined ? [] : decodeEntries(kind, bytes, fileName);
}

/**
 * Reads an image of exactly one entry. Returns undefined if there is no such image.
 *
 * @param id The variable part of the name, for kinds that have one.
 * @throws {ImageError} `ERR_IMAGE_ENTRIES` if it has more or fewer entries; otherwise as `decodeImage`, and the errors of the source.
 */
export function readSingleEntry<K extends EntryKindName>(
  source: ImageSource,
  kind: K,
  id?: number | bigint | string,
): Entry<K> | undefined {
  const fileName = imageFileName(kind, id);
  const bytes = source.read(fileName);
  if (bytes === undefined) return undefined;
  const entries = decodeEntries(kind, bytes, fileName);
  if (entries.length === 1) return entries[0]!;
  throw new ImageError("ERR_IMAGE_ENTRIES", `Cannot read ${fileName}: expected one entry, found ${entries.length}`, {
    file: fileName,
  });
}

/**
 * Reads the inventory and checks that this package supports the layout of the images (CRIU: criu/image.c).
 *
 * @throws {ImageError} `ERR_IMAGE_MISSING`; `ERR_IMAGE_UNSUPPORTED` for versions other than V1 and V1.1, and for descriptor tables
 * numbered by pid, which CRIU wrote before 0.4; otherwise as {@link readSingleEntry}.
 */
export function readInventory(source: ImageSource): InventoryEntry {
  const fileName = imageFileName("inventory");
  const entry = readSingleEntry(source, "inventory");
  if (entry === undefined)
    throw new ImageError(
      "ERR_IMAGE_MISSING",
      `Cannot read a checkpoint from ${source.description}: ${fileName} is missing`,
    );
  const { img_version, fdinfo_per_id } = entry.value;
  if (img_version !== 1 && img_version !== 2) {
    throw new ImageError(
      "ERR_IMAGE_UNSUPPORTED",
      `Cannot read a checkpoint from ${source.description}: expected img_version 1 or 2, found ${img_version}`,
      { file: fileName },
    );
  }
  if (fdinfo_per_id !== true) {
    throw new ImageError(
      "ERR_IMAGE_UNSUPPORTED",
      `Cannot read a checkpoint from ${source.description}: fdinfo_per_id is not set, so the images are from CRIU before 0.4`,
      { file: fileName },
    );
  }
  return entry.value;
}
