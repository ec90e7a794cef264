/**
 * Decoding of image files.
 *
 * @module
 */
import { parseImageFileName } from "./file-name.ts";
import type { Entry, EntryImage, Image } from "./image.ts";
import { ImageCursor } from "./image-cursor.ts";
import { ImageError } from "./image-error.ts";
import type { ImageKind } from "./image-kind.ts";
import type { EntryKindName } from "./image-kinds.ts";
import { imageKinds } from "./image-kinds.ts";
import { IMG_COMMON_MAGIC, IMG_SERVICE_MAGIC } from "./magic.ts";

// A kind without its types. The table pairs message, extra rule and name, but the compiler cannot follow that through a union.
type Kind = ImageKind<unknown, unknown>;

/**
 * Decodes an image file.
 *
 * Text and numbers are copied. Bytes are views of `bytes`, so do not change it afterwards.
 *
 * @param fileName The name of the file, without directory. It determines the kind.
 * @throws {ImageError} With any code except those of directories and pagemaps.
 */
export function decodeImage(fileName: string, bytes: Uint8Array): Image {
  const kind = parseImageFileName(fileName)?.kind;
  if (kind === undefined) throw new ImageError("ERR_IMAGE_KIND", `Cannot decode "${fileName}": no image has this name`);
  if (imageKinds[kind].message === undefined) {
    return { kind, fileName, magic: [], entries: [], unknown: [], payload: bytes } as unknown as Image;
  }
  return decode(kind as EntryKindName, fileName, bytes) as Image;
}

/**
 * Decodes the entries of an image of a known kind.
 *
 * @param fileName For errors; the kind's pattern by default.
 * @throws {ImageError} As {@link decodeImage}.
 */
export function decodeEntries<K extends EntryKindName>(
  kind: K,
  bytes: Uint8Array,
  fileName: string = imageKinds[kind].fileName,
): readonly Entry<K>[] {
  return decode(kind, fileName, bytes).entries;
}

/**
 * Decodes an image of exactly one entry, such as `core`, `mm`, `inventory`, `fs`, `ids` and most images of namespaces.
 *
 * @param fileName For errors; the kind's pattern by default.
 * @throws {ImageError} `ERR_IMAGE_ENTRIES` if it has more or fewer entries; otherwise as {@link decodeImage}.
 */
export function decodeSingleEntry<K extends EntryKindName>(
  kind: K,
  bytes: Uint8Array,
  fileName: string = imageKinds[kind].fileName,
): Entry<K> {
  const entries = decodeEntries(kind, bytes, fileName);
  if (entries.length !== 1) {
    throw new ImageError(
      "ERR_IMAGE_ENTRIES",
      `Cannot decode ${fileName}: expected one entry, found ${entries.length}`,
      { file: fileName },
    );
  }
  return entries[0]!;
}

function decode<K extends EntryKindName>(name: K, fileName: string, bytes: Uint8Array): EntryImage<K> {
  const kind = imageKinds[name] as unknown as Kind;
  const cursor = new ImageCursor(fileName, bytes);
  const magic = readMagic(cursor, kind);
  const entries: Entry<K>[] = [];
  const rest = kind.message!;
  let type = kind.first ?? rest;
  while (cursor.left > 0) {
    cursor.entry = entries.length;
    const offset = cursor.position;
    const value = cursor.message(type);
    type = rest;
    const extraOffset = cursor.position;
    const extra = kind.extra?.read(cursor, value);
    entries.push(
      extra === undefined ? ({ value, offset } as Entry<K>) : ({ value, extra, offset, extraOffset } as Entry<K>),
    );
  }
  return { kind: name, fileName, magic, entries, unknown: cursor.decoder.unknown };
}

function readMagic(cursor: ImageCursor, kind: Kind): readonly number[] {
  const first = cursor.word("the magic word");
  if (first === kind.magic) return [first];
  if (kind.header === "inventory") throw wrongMagic(cursor, first, kind.magic);
  if (first !== (kind.header === "service" ? IMG_SERVICE_MAGIC : IMG_COMMON_MAGIC))
    throw wrongMagic(cursor, first, kind.magic);
  const second = cursor.word("the magic word of the kind");
  if (second !== kind.magic) throw wrongMagic(cursor, second, kind.magic);
  return [first, second];
}

function wrongMagic(cursor: ImageCursor, found: number, expected: number): ImageError {
  const hex = (word: number): string => `0x${word.toString(16).padStart(8, "0")}`;
  return new ImageError(
    "ERR_IMAGE_MAGIC",
    `Cannot decode ${cursor.file}: expected magic ${hex(expected)}, found ${hex(found)}`,
    {
      file: cursor.file,
      offset: cursor.position - 4,
    },
  );
}
