import { statSync } from "node:fs";
import { createRequire } from "node:module";
import type { Transform } from "node:stream";
import { RestoreError } from "@restage/core";

/** How an archive is compressed. */
export type Compression = "none" | "gzip" | "zstd";

const SUFFIXES: readonly (readonly [suffix: string, compression: Compression])[] = [
  [".tar", "none"],
  [".tar.gz", "gzip"],
  [".tgz", "gzip"],
  [".tar.zst", "zstd"],
];

/** The compression of an archive, by its name. Undefined if it is not the name of an archive. */
export function compressionOf(file: string): Compression | undefined {
  return SUFFIXES.find(([suffix]) => file.endsWith(suffix))?.[1];
}

/** Whether a location of images is an archive. A directory can have such a name. */
export function isArchive(location: string): boolean {
  return compressionOf(location) !== undefined && statSync(location, { throwIfNoEntry: false })?.isFile() === true;
}

/** A stream that compresses; undefined for none. Throws ERR_OPTION if this runtime cannot. */
export function compressor(compression: Compression): Transform | undefined {
  return streamOf(compression, { gzip: "createGzip", zstd: "createZstdCompress" });
}

/** A stream that decompresses; undefined for none. Throws ERR_OPTION if this runtime cannot. */
export function decompressor(compression: Compression): Transform | undefined {
  return streamOf(compression, { gzip: "createGunzip", zstd: "createZstdDecompress" });
}

function streamOf(
  compression: Compression,
  names: Readonly<Record<Exclude<Compression, "none">, string>>,
): Transform | undefined {
  if (compression === "none") return undefined;
  // Loaded only now: most commands compress nothing. Not all runtimes have zstd, and their types do not say so.
  const zlib = createRequire(import.meta.url)("node:zlib") as Readonly<Record<string, (() => Transform) | undefined>>;
  const create = zlib[names[compression]];
  if (create !== undefined) return create();
  throw new RestoreError("ERR_OPTION", `This runtime cannot read or write ${compression} (it is ${runtime()})`, {
    hint: "use Node 22.15 or newer, Deno or Bun; `zstd --decompress FILE.tar.zst` makes FILE.tar",
  });
}

function runtime(): string {
  const { bun, deno, node } = process.versions;
  return bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : `Node ${node}`;
}
