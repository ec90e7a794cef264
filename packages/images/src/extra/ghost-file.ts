/**
 * The content of deleted files (CRIU: criu/files-reg.c).
 *
 * @module
 */
import { ImageError } from "../image-error.ts";
import type { GhostChunkEntry, GhostFileEntry } from "../messages/regular-file.ts";
import { ghostChunkEntry } from "../messages/regular-file.ts";
import { encodeMessage } from "../schema/encode.ts";
import { sizeWord } from "../size-word.ts";
import type { ExtraRule } from "./rule.ts";
import { expectLength } from "./rule.ts";

/** A part of a file. The rest is holes. */
export interface GhostChunk {
  readonly value: GhostChunkEntry;
  /** `len` bytes at offset `off`. */
  readonly data: Uint8Array;
}

/** The content of a ghost file: whole, or in chunks if the entry has `chunks` set. */
export type GhostFileExtra =
  | { readonly content: Uint8Array; readonly chunks?: undefined }
  | { readonly chunks: readonly GhostChunk[]; readonly content?: undefined };

/** `ghost-file`: the rest of the image. */
export const ghostFile: ExtraRule<GhostFileEntry, GhostFileExtra> = {
  read(cursor, entry) {
    if (entry.chunks !== true) return { content: cursor.take(cursor.left, "file content") };
    const chunks: GhostChunk[] = [];
    while (cursor.left > 0) {
      const value = cursor.message(ghostChunkEntry);
      chunks.push({ value, data: cursor.take(Number(value.len), "a chunk of the file") });
    }
    return { chunks };
  },
  write(entry, extra) {
    if ((entry.chunks === true) !== (extra.chunks !== undefined)) {
      throw new ImageError(
        "ERR_IMAGE_EXTRA",
        `Cannot write file content: expected ${entry.chunks === true ? "chunks" : "the whole content"} according to the entry`,
      );
    }
    if (extra.chunks === undefined) return [extra.content];
    const bytes: Uint8Array[] = [];
    for (const { value, data } of extra.chunks) {
      expectLength("a chunk of the file", data.length, Number(value.len));
      const header = encodeMessage(ghostChunkEntry, value);
      bytes.push(sizeWord(header.length), header, data);
    }
    return bytes;
  },
};
