/**
 * Encoding of image files.
 *
 * @module
 */
import type { EntryDraft, EntryToEncode, Image } from "./image.ts";
import { ImageError } from "./image-error.ts";
import type { ImageKind } from "./image-kind.ts";
import type { EntryKindName } from "./image-kinds.ts";
import { imageKinds } from "./image-kinds.ts";
import { IMG_COMMON_MAGIC, IMG_SERVICE_MAGIC } from "./magic.ts";
import { encodeUnchecked } from "./schema/encode.ts";
import { sizeWord } from "./size-word.ts";
import { concatBytes } from "./text.ts";

type Kind = ImageKind<unknown, unknown>;

/**
 * Encodes an image. An image that CRIU wrote and `decodeImage` read gives the same bytes again.
 *
 * @throws {ImageError} `ERR_IMAGE_FIELD`, `ERR_IMAGE_EXTRA`, `ERR_IMAGE_LIMIT`
 */
export function encodeImage(image: Image): Uint8Array {
  if ("payload" in image) return image.payload;
  return encode(image.kind, image.entries, image.magic, image.fileName);
}

/**
 * Encodes entries as an image of layout V1.1, which CRIU has written since 2.0.
 *
 * @param fileName For errors; the kind's pattern by default.
 * @throws {ImageError} As {@link encodeImage}.
 */
export function encodeEntries<K extends EntryKindName>(
  kind: K,
  entries: readonly EntryToEncode<K>[],
  fileName?: string,
): Uint8Array {
  return encodeDrafts(kind, entries, fileName);
}

/**
 * Encodes entries that were filled in step by step, so that the compiler does not know whether they are complete. A required field
 * that is still missing is an error, which names the image, the entry and the field.
 *
 * @example
 * ```ts
 * const draft: Draft<FsEntry> = {};
 * draft.cwd_id = 1;
 * draft.root_id = 2;
 * encodeDrafts("fs", [{ value: draft }], "fs-7.img");
 * // Cannot encode fs_entry.umask: this required field is missing (fs-7.img, entry 0)
 * ```
 * @param fileName For errors; the kind's pattern by default.
 * @throws {ImageError} As {@link encodeImage}.
 */
export function encodeDrafts<K extends EntryKindName>(
  kind: K,
  drafts: readonly EntryDraft<K>[],
  fileName: string = imageKinds[kind].fileName,
): Uint8Array {
  const { header, magic } = imageKinds[kind];
  const words = header === "inventory" ? [magic] : [header === "service" ? IMG_SERVICE_MAGIC : IMG_COMMON_MAGIC, magic];
  return encode(kind, drafts, words, fileName);
}

function encode(
  name: EntryKindName,
  entries: readonly { readonly value: unknown; readonly extra?: unknown }[],
  magic: readonly number[],
  file: string,
): Uint8Array {
  const kind = imageKinds[name] as unknown as Kind;
  const chunks: Uint8Array[] = magic.map(sizeWord);
  const rest = kind.message!;
  let type = kind.first ?? rest;
  entries.forEach(({ value, extra }, entry) => {
    try {
      const message = encodeUnchecked(type, value);
      chunks.push(sizeWord(message.length), message);
      if (kind.extra !== undefined) {
        if (extra === undefined && !mayLackExtra(name)) {
          throw new ImageError("ERR_IMAGE_EXTRA", `Cannot write an entry of kind "${name}": it has no payload`);
        }
        chunks.push(...kind.extra.write(value, extra));
      }
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      throw new ImageError(error.code, error.message, { file, entry, cause: error });
    }
    type = rest;
  });
  return concatBytes(chunks);
}

// The content may be in a pagemap-shmem image instead.
function mayLackExtra(name: EntryKindName): boolean {
  return name === "ipcns_shm";
}
