import { createReadStream } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { RestoreError } from "@restage/core";
import { PARENT_LINK } from "@restage/images";
import { unpackTar } from "modern-tar/fs";
import { makeFetchedDirectory } from "../fleet/fetched-directories.ts";
import { compressionOf, decompressor } from "./compression.ts";
import { isImageName } from "./image-names.ts";

/** The images in an archive. */
class Contents {
  readonly #names = new Set<string>();
  /** Why the archive cannot be used. */
  problem: string | undefined;

  /**
   * Decides whether to extract a file. Extracts only images and their digests: archives can contain other files, such as the root file system in a podman
   * export. Sets `problem` if the archive cannot be used.
   */
  take(name: string, type: string): boolean {
    const parts = name.split("/").filter((part) => part !== "" && part !== ".");
    const last = parts.at(-1) ?? "";
    if (last === PARENT_LINK) {
      this.problem ??= "its checkpoint is incremental, and the earlier one is not in the archive";
      return false;
    }
    if (!isImageName(last) || type === "directory") return false;
    const path = parts.join("/");
    if (name.startsWith("/") || parts.includes("..") || name.includes("\0"))
      this.problem ??= `it has the file name ${JSON.stringify(name)}, which leads out of it`;
    else if (type !== "file") this.problem ??= `${path} is not a regular file`;
    else if (this.#names.has(path)) this.problem ??= `it has ${path} twice`;
    this.#names.add(path);
    return this.problem === undefined;
  }

  /** The directories with checkpoints. An export of podman has it in `checkpoint`. */
  get checkpoints(): readonly string[] {
    return [...this.#names].filter((path) => /(^|\/)inventory\.img$/.test(path)).map(dirname);
  }
}

/**
 * Unpacks the images of an archive for this process only: of one that `--archive` made, of an export of podman, or of any other with one checkpoint.
 * Returns their directory.
 *
 * Throws ERR_IMAGE, and ERR_OPTION if this runtime cannot decompress it.
 */
export async function unpackArchive(file: string): Promise<string> {
  const decompress = decompressor(compressionOf(file) ?? "none");
  const place = makeFetchedDirectory();
  const contents = new Contents();
  const unpack = unpackTar(place, {
    strict: true,
    filter: ({ name, type = "file" }) => contents.take(name, type),
    // Other users must not read them, whatever the archive says.
    dmode: 0o700,
    fmode: 0o600,
  });
  try {
    await pipeline([createReadStream(file), ...(decompress === undefined ? [] : [decompress]), unpack]);
  } catch (cause) {
    throw cannotRead(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (contents.problem !== undefined) throw cannotRead(file, contents.problem);
  const [directory, ...others] = contents.checkpoints;
  if (directory === undefined) throw cannotRead(file, "it has no inventory.img, so it has no checkpoint");
  if (others.length > 0)
    throw cannotRead(file, `it has several checkpoints: ${contents.checkpoints.join(", ")}; unpack it, and name one`);
  return join(place, directory);
}

function cannotRead(file: string, why: string, cause?: unknown): RestoreError {
  return new RestoreError("ERR_IMAGE", `Cannot read the archive ${file}: ${why}`, { cause });
}
