import { ImageError } from "@restage/images";
import { RestoreError } from "../errors.ts";

/** Runs a reader of images, and turns its errors into ERR_IMAGE. */
export function guard<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const entry =
      error.file === undefined
        ? undefined
        : `${error.file}${error.entry === undefined ? "" : `: entry ${error.entry}`}`;
    throw new RestoreError("ERR_IMAGE", error.message, { entry, cause: error });
  }
}

/** An image that must exist does not. */
export function missingImage(file: string): RestoreError {
  const message = `Cannot read ${file}: the checkpoint has no such image, or it is empty`;
  return new RestoreError("ERR_IMAGE", message, { entry: file });
}
