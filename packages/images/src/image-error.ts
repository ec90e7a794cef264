/**
 * The one error class of this package.
 *
 * @module
 */

/**
 * Codes of {@link ImageError}:
 *
 * - `ERR_IMAGE_DIRECTORY`: the path is not a directory, or the directory does not hold a checkpoint.
 * - `ERR_IMAGE_ENTRIES`: an image has more or fewer entries than its kind requires.
 * - `ERR_IMAGE_EXTRA`: a payload does not match its entry.
 * - `ERR_IMAGE_FIELD`: a field is missing, has the wrong type or is out of range.
 * - `ERR_IMAGE_KIND`: no image has this file name.
 * - `ERR_IMAGE_LIMIT`: a size or depth exceeds that of any real image.
 * - `ERR_IMAGE_MAGIC`: the file does not begin with the magic word of its kind.
 * - `ERR_IMAGE_MALFORMED`: the bytes are not a protobuf message.
 * - `ERR_IMAGE_MISSING`: a required image is missing.
 * - `ERR_IMAGE_PAGEMAP`: runs of pages contradict each other or the pages image.
 * - `ERR_IMAGE_PARENT`: the parent dump is missing or refers back to this one.
 * - `ERR_IMAGE_READ`: the operating system refused to read a file.
 * - `ERR_IMAGE_TRUNCATED`: the file ends too early.
 * - `ERR_IMAGE_UNSUPPORTED`: a CRIU version or option that this package does not support.
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

/** The place of an {@link ImageError}. */
export interface ImageErrorPlace {
  /** File name, without directory. */
  readonly file?: string | undefined;
  /** Bytes from the start of the file. */
  readonly offset?: number | undefined;
  /** Entry number in the file, from 0. */
  readonly entry?: number | undefined;
  readonly cause?: unknown;
}

/** An image cannot be read or written. The message names the place, what was expected and what was found. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly code: ImageErrorCode;
  /** File name, without directory. Undefined if no file is involved. */
  readonly file: string | undefined;
  /** Bytes from the start of the file. */
  readonly offset: number | undefined;
  /** Entry number in the file, from 0. Undefined for the header and for the image as a whole. */
  readonly entry: number | undefined;

  /**
   * @param what The failed action and the reason: `Cannot VERB OBJECT: REASON`.
   * @param place Appended to the message in parentheses, without what the message says already.
   */
  constructor(code: ImageErrorCode, what: string, place: ImageErrorPlace = {}) {
    super(what + describePlace(what, place), place.cause === undefined ? undefined : { cause: place.cause });
    this.code = code;
    this.file = place.file;
    this.offset = place.offset;
    this.entry = place.entry;
  }
}

function describePlace(what: string, { file, offset, entry }: ImageErrorPlace): string {
  const parts: string[] = [];
  if (file !== undefined && !what.includes(file)) parts.push(file);
  if (entry !== undefined) parts.push(`entry ${entry}`);
  if (offset !== undefined) parts.push(`offset ${offset}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
