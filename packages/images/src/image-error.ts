/**
 * The one error class of this package.
 *
 * @module
 */

/**
 * Codes of {@link ImageError}:
 *
 * - `ERR_IMAGE_DIRECTORY`: a directory that is none, or holds no checkpoint.
 * - `ERR_IMAGE_ENTRIES`: an image with more or fewer entries than its kind has.
 * - `ERR_IMAGE_EXTRA`: a payload that does not fit its entry.
 * - `ERR_IMAGE_FIELD`: a field that is missing, of the wrong type, or out of range.
 * - `ERR_IMAGE_KIND`: a file name that no image has.
 * - `ERR_IMAGE_LIMIT`: a size or depth beyond what any real image has.
 * - `ERR_IMAGE_MAGIC`: the file does not begin as an image of its kind.
 * - `ERR_IMAGE_MALFORMED`: bytes that are not a protobuf message.
 * - `ERR_IMAGE_MISSING`: an image that must be there is not.
 * - `ERR_IMAGE_PAGEMAP`: runs of pages that contradict each other or the pages image.
 * - `ERR_IMAGE_PARENT`: a parent dump that is missing or leads back to itself.
 * - `ERR_IMAGE_READ`: the operating system refused to read a file.
 * - `ERR_IMAGE_TRUNCATED`: the file ends too early.
 * - `ERR_IMAGE_UNSUPPORTED`: an image of a CRIU version or option that this version does not know.
 */
export type ImageErrorCode =
  | "ERR_IMAGE_DIRECTORY"
  | "ERR_IMAGE_ENTRIES"
  | "ERR_IMAGE_EXTRA"
  | "ERR_IMAGE_FIELD"
  | "ERR_IMAGE_KIND"
  | "ERR_IMAGE_LIMIT"
  | "ERR_IMAGE_MAGIC"
  | "ERR_IMAGE_MALFORMED"
  | "ERR_IMAGE_MISSING"
  | "ERR_IMAGE_PAGEMAP"
  | "ERR_IMAGE_PARENT"
  | "ERR_IMAGE_READ"
  | "ERR_IMAGE_TRUNCATED"
  | "ERR_IMAGE_UNSUPPORTED";

/** Where an {@link ImageError} happened. */
export interface ImageErrorPlace {
  /** File name, without directory. */
  readonly file?: string | undefined;
  /** Bytes from the start of the file. */
  readonly offset?: number | undefined;
  /** Entry number in the file, from 0. */
  readonly entry?: number | undefined;
  readonly cause?: unknown;
}

/** An image that can't be read or written. The message names the place, what was expected and what was found. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly code: ImageErrorCode;
  /** File name, without directory; absent where no file is involved. */
  readonly file: string | undefined;
  /** Bytes from the start of the file. */
  readonly offset: number | undefined;
  /** Entry number in the file, from 0; absent in the header and where an image as a whole is meant. */
  readonly entry: number | undefined;

  /**
   * @param what What could not be done, and after a colon why.
   * @param place Where; appended to the message unless it is in `what` already.
   */
  constructor(code: ImageErrorCode, what: string, place: ImageErrorPlace = {}) {
    super(what + describePlace(place), place.cause === undefined ? undefined : { cause: place.cause });
    this.code = code;
    this.file = place.file;
    this.offset = place.offset;
    this.entry = place.entry;
  }
}

function describePlace({ file, offset, entry }: ImageErrorPlace): string {
  const parts: string[] = [];
  if (file !== undefined) parts.push(file);
  if (entry !== undefined) parts.push(`entry ${entry}`);
  if (offset !== undefined) parts.push(`offset ${offset}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
