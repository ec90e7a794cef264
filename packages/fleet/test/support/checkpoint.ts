import { createCipheriv, createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const PAGE = 4096;

/** A directory for the running test. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "restage-store-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Numbers that look random, and are the same in each run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Pages of memory, each with a content of its own that compresses to about a half. */
export function pagesOf(count: number, random: () => number): Uint8Array[] {
  const key = Uint8Array.from({ length: 16 }, () => random() * 256);
  const stream = createCipheriv("aes-128-ctr", key, new Uint8Array(16));
  const half = new Uint8Array(PAGE / 2);
  return Array.from({ length: count }, () => Buffer.concat([stream.update(half), half]));
}

/** Writes something with the files of a checkpoint. */
export function writeCheckpoint(
  directory: string,
  pages: readonly Uint8Array[],
  more: Readonly<Record<string, string>> = {},
) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "inventory.img"), "inventory");
  writeFileSync(join(directory, "empty.img"), "");
  writeFileSync(join(directory, "pages-1.img"), Buffer.concat(pages));
  for (const [name, text] of Object.entries(more)) writeFileSync(join(directory, name), text);
  return directory;
}

/** Digests of all files below a directory, by their paths. */
export function contentsOf(directory: string, prefix = ""): Record<string, string> {
  const contents: Record<string, string> = {};
  for (const name of readdirSync(directory).sort()) {
    const file = join(directory, name);
    if (statSync(file).isDirectory()) Object.assign(contents, contentsOf(file, `${prefix}${name}/`));
    else contents[prefix + name] = createHash("sha256").update(readFileSync(file)).digest("hex");
  }
  return contents;
}
