/**
 * Digests of the images of a checkpoint, in the format of xxhsum(1): `xxhsum -c XXH64SUMS` compares them too. CRIU ignores the file.
 *
 * They detect damage, and miss it with a probability of 1 in 2^64. No digest beside its file detects an attack, so a cryptographic digest, which takes seven
 * times as long, would be no better.
 *
 * @module
 */
import type { XXHash } from "xxhash-wasm";

/** The file with the digests of all other files of a checkpoint. */
export const DIGESTS_FILE = "XXH64SUMS";

/** How much of a file is in memory at a time. */
const PART = 1024 * 1024;

/** A digest that is being computed. */
export interface Digest {
  add(bytes: Uint8Array): void;
  /** Returns it in hexadecimal, once. */
  end(): string;
}

/** Starts a digest. */
export type StartDigest = () => Digest;

/** Loads the function, which takes a few milliseconds to compile. Not a static import, because most restores need no digests. */
export async function loadDigests(): Promise<StartDigest> {
  const { default: load } = await import("xxhash-wasm");
  const { create64 } = await load();
  return () => {
    const hash: XXHash<bigint> = create64();
    return {
      add: (bytes) => {
        // Limits how much is copied to the function's own memory.
        for (let at = 0; at < bytes.length; at += PART) hash.update(bytes.subarray(at, at + PART));
      },
      end: () => hash.digest().toString(16).padStart(16, "0"),
    };
  };
}

/** The digest of bytes. */
export function digestOf(start: StartDigest, bytes: Uint8Array): string {
  const digest = start();
  digest.add(bytes);
  return digest.end();
}

/**
 * The digest of a file of any size.
 *
 * @param read returns bytes of the file, fewer at its end, or undefined when it cannot be read.
 */
export function digestOfFile(
  start: StartDigest,
  read: (offset: number, length: number) => Uint8Array | undefined,
): string | undefined {
  const digest = start();
  for (let offset = 0; ; offset += PART) {
    const part = read(offset, PART);
    if (part === undefined) return undefined;
    digest.add(part);
    if (part.length < PART) return digest.end();
  }
}

/** The text of the file. @param digests by the names of files. */
export function printDigests(digests: ReadonlyMap<string, string>): string {
  const names = [...digests.keys()].sort();
  return names.map((name) => `${digests.get(name)}  ${name}\n`).join("");
}

/** Digests by the names of files; undefined for a text of another format. */
export function parseDigests(text: string): ReadonlyMap<string, string> | undefined {
  const digests = new Map<string, string>();
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, digest, name] = /^([0-9a-f]{16}) [ *](.+)$/.exec(line) ?? [];
    if (digest === undefined || name === undefined) return undefined;
    digests.set(name, digest);
  }
  return digests;
}
