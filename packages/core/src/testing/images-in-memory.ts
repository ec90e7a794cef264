import {
  type AnyMessage,
  type EntryExtra,
  type EntryKindName,
  type EntryToEncode,
  type EntryValue,
  encodeEntries,
  type ImageSource,
  imageFileName,
  imageKinds,
} from "@restage/images";
import { completeMessage, type PartialEntry } from "./complete-entry.ts";

/** An image file. */
export interface ImageInMemory {
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

/**
 * Makes an image from partial entries, which it completes.
 *
 * @param id the variable part of its name, for kinds that have one.
 * @param extras what follows each entry, for kinds that have something.
 * @example
 * ```ts
 * image("timens", [{ monotonic: { tv_sec: 10n } }], 0); // timens-0.img
 * ```
 */
export function image<K extends EntryKindName>(
  kind: K,
  entries: readonly PartialEntry<EntryValue<K>>[],
  id?: number | bigint | string,
  extras: readonly EntryExtra<K>[] = [],
): ImageInMemory {
  const { message, first = message } = imageKinds[kind];
  const whole = entries.map((entry, index) => ({
    value: completeMessage((index === 0 ? first : message) as AnyMessage, entry as never),
    extra: extras[index],
  }));
  return { fileName: imageFileName(kind, id), bytes: encodeEntries(kind, whole as unknown as EntryToEncode<K>[]) };
}

/** An image source without a directory. If two images have the same name, the later one is used. */
export class ImagesInMemory implements ImageSource {
  readonly description = "images in memory";
  readonly #files: ReadonlyMap<string, Uint8Array>;

  constructor(images: readonly ImageInMemory[]) {
    this.#files = new Map(images.map(({ fileName, bytes }) => [fileName, bytes]));
  }

  list(): readonly string[] {
    return [...this.#files.keys()].sort();
  }
  read(fileName: string): Uint8Array | undefined {
    return this.#files.get(fileName);
  }
  readPart(fileName: string, offset: number, length: number): Uint8Array | undefined {
    return this.read(fileName)?.subarray(offset, offset + length);
  }
  size(fileName: string): number | undefined {
    return this.#files.get(fileName)?.length;
  }
  /** The path from which tasks would read pages. It does not exist. */
  directory(): string {
    return "/images";
  }
  parent(): undefined {
    return undefined;
  }
}
