/**
 * Images in a directory, as CRIU writes them.
 *
 * @module
 */
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { ImageError } from "./image-error.ts";
import type { ImageSource } from "./image-source.ts";

/** The size of the largest file that is read into memory. Pages images may be larger, because tasks read those themselves. */
export const MAX_FILE_SIZE: number = 1024 * 1024 * 1024;

/** The name of the link to the directory of the previous dump. Source: criu/include/image.h. */
export const PARENT_LINK = "parent";

/**
 * Opens a directory of images.
 *
 * @throws {ImageError} `ERR_IMAGE_DIRECTORY` if the directory does not exist or has no `inventory.img`.
 */
export function openImageDirectory(path: string): ImageSource {
  const directory = new ImageDirectory(path, resolveDirectory(path, "ERR_IMAGE_DIRECTORY", "images"));
  if (directory.size("inventory.img") === undefined) {
    throw new ImageError(
      "ERR_IMAGE_DIRECTORY",
      `Cannot open images at "${path}": the directory has no inventory.img, so it is not a checkpoint`,
    );
  }
  return directory;
}

class ImageDirectory implements ImageSource {
  readonly description: string;
  readonly #directory: string;
  #parent: ImageSource | undefined | null = null;

  constructor(path: string, directory: string) {
    this.description = path;
    this.#directory = directory;
  }

  list(): readonly string[] {
    try {
      return readdirSync(this.#directory, { withFileTypes: true })
        .filter((file) => !file.isDirectory() && file.name !== PARENT_LINK)
        .map((file) => file.name)
        .sort();
    } catch (cause) {
      throw new ImageError("ERR_IMAGE_READ", `Cannot list images in "${this.description}": ${reason(cause)}`, {
        cause,
      });
    }
  }

  read(fileName: string): Uint8Array | undefined {
    const size = this.size(fileName);
    if (size === undefined) return undefined;
    if (size > MAX_FILE_SIZE) {
      throw new ImageError(
        "ERR_IMAGE_LIMIT",
        `Cannot read ${fileName}: its ${size} bytes exceed the limit of ${MAX_FILE_SIZE}`,
        { file: fileName },
      );
    }
    try {
      return readFileSync(this.#path(fileName));
    } catch (cause) {
      throw new ImageError("ERR_IMAGE_READ", `Cannot read ${fileName}: ${reason(cause)}`, { file: fileName, cause });
    }
  }

  readPart(fileName: string, offset: number, length: number): Uint8Array | undefined {
    const size = this.size(fileName);
    if (size === undefined) return undefined;
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    try {
      const file = openSync(this.#path(fileName), "r");
      try {
        let done = 0;
        // One read returns at most 2 GiB.
        for (let part = 1; part > 0 && done < bytes.length; done += part)
          part = readSync(file, bytes, done, bytes.length - done, offset + done);
        return bytes.subarray(0, done);
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      throw new ImageError("ERR_IMAGE_READ", `Cannot read ${fileName}: ${reason(cause)}`, { file: fileName, cause });
    }
  }

  size(fileName: string): number | undefined {
    try {
      const status = statSync(this.#path(fileName), { throwIfNoEntry: false });
      if (status === undefined) return undefined;
      if (!status.isFile())
        throw new ImageError("ERR_IMAGE_READ", `Cannot read ${fileName}: it is not a regular file`, { file: fileName });
      return status.size;
    } catch (cause) {
      if (cause instanceof ImageError) throw cause;
      throw new ImageError("ERR_IMAGE_READ", `Cannot read ${fileName}: ${reason(cause)}`, { file: fileName, cause });
    }
  }

  directory(): string {
    return this.#directory;
  }

  parent(): ImageSource | undefined {
    if (this.#parent !== null) return this.#parent;
    const link = join(this.#directory, PARENT_LINK);
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined) return (this.#parent = undefined);
    // The parent needs no inventory: a pre-dump of an old CRIU has none.
    return (this.#parent = new ImageDirectory(link, resolveDirectory(link, "ERR_IMAGE_PARENT", "parent images")));
  }

  #path(fileName: string): string {
    // Parts of file names come from images, which are not trusted. A name must not lead out of the directory.
    if (fileName.includes("/") || fileName.includes("\0") || fileName === "" || fileName === "." || fileName === "..") {
      throw new ImageError("ERR_IMAGE_KIND", `Cannot read ${JSON.stringify(fileName)}: no image has this name`);
    }
    return join(this.#directory, fileName);
  }
}

function resolveDirectory(path: string, code: "ERR_IMAGE_DIRECTORY" | "ERR_IMAGE_PARENT", what: string): string {
  let directory: string;
  let isDirectory: boolean;
  try {
    // As the kernel resolves it: the other one shortens `..` after a descriptor of /proc.
    directory = realpathSync.native(path);
    isDirectory = statSync(directory).isDirectory();
  } catch (cause) {
    throw new ImageError(code, `Cannot open ${what} at "${path}": ${reason(cause)}`, { cause });
  }
  if (!isDirectory) throw new ImageError(code, `Cannot open ${what} at "${path}": it is not a directory`);
  return directory;
}

function reason(cause: unknown): string {
  const code = (cause as { readonly code?: unknown }).code;
  switch (code) {
    case "ENOENT":
      return "no such directory";
    case "EACCES":
      return "permission denied";
    case "ELOOP":
      return "too many symbolic links";
    case "ENOTDIR":
      return "it is not a directory";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
