import { randomBytes } from "node:crypto";
import {
  accessSync,
  constants,
  createWriteStream,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { RestoreError } from "@restage/core";
import { packTar } from "modern-tar/fs";
import { type Compression, compressionOf, compressor } from "./compression.ts";
import { isImageName } from "./image-names.ts";

/**
 * Fails early if an archive could not be written.
 *
 * Throws ERR_OPTION.
 */
export function assertPackable(file: string): void {
  compressor(namedCompression(file))?.destroy();
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined)
    throw cannotWrite(file, "it exists", "name another file, or remove it");
  try {
    accessSync(dirname(resolve(file)), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw cannotWrite(file, reason(cause), "choose a directory that exists and that you can write to");
  }
}

/**
 * Packs the images of a directory into an archive, which only this user can read. It has its name only when it is whole. Returns its size.
 *
 * Throws ERR_OPTION.
 */
export async function packArchive(directory: string, file: string): Promise<number> {
  const compress = compressor(namedCompression(file));
  const target = resolve(file);
  const part = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.part`);
  const names = readdirSync(directory).filter(isImageName).sort();
  const files = names.map((name) => {
    return { type: "file", source: join(directory, name), target: name, mode: 0o600, uid: 0, gid: 0 } as const;
  });
  try {
    const stages = [packTar(files), ...(compress === undefined ? [] : [compress])];
    await pipeline([...stages, createWriteStream(part, { flags: "wx", mode: 0o600 })]);
    const { size } = statSync(part);
    renameSync(part, target);
    return size;
  } catch (cause) {
    rmSync(part, { force: true });
    throw cannotWrite(file, reason(cause), "make room, or choose another file", cause);
  }
}

function namedCompression(file: string): Compression {
  const compression = compressionOf(file);
  if (compression !== undefined) return compression;
  throw cannotWrite(file, "its name has no known extension", "name it FILE.tar, FILE.tar.gz or FILE.tar.zst");
}

function cannotWrite(file: string, why: string, hint: string, cause?: unknown): RestoreError {
  return new RestoreError("ERR_OPTION", `Cannot write the archive ${file}: ${why}`, { hint, cause });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
