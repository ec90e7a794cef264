import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect } from "vitest";
import type { ImageErrorCode, ImageSource, MessageInput, pagemapEntry } from "../src/mod.ts";
import { encodeEntries, ImageError, openImageDirectory } from "../src/mod.ts";

/** Bytes from hexadecimal digits. Blanks are ignored. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Fails unless `action` throws an ImageError with the code. Returns the error. */
export function expectImageError(code: ImageErrorCode, action: () => unknown): ImageError {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ImageError);
  const error = thrown as ImageError;
  expect(error.code, error.message).toBe(code);
  // The form of every message: sentence case, no final period.
  expect(error.message).toMatch(/^[A-Z].*[^.]$/s);
  return error;
}

const made: string[] = [];
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** Creates a directory, which is removed after the test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "restage-images-"));
  made.push(path);
  return path;
}

export type Files = Readonly<Record<string, Uint8Array>>;

/** Creates directories of images, each the parent of the next. Returns the last. */
export function chainOfDumps(...dumps: readonly Files[]): ImageSource {
  const root = temporaryDirectory();
  dumps.forEach((files, i) => {
    const path = join(root, String(i));
    mkdirSync(path);
    writeFileSync(
      join(path, "inventory.img"),
      encodeEntries("inventory", [{ value: { img_version: 2, fdinfo_per_id: true } }]),
    );
    for (const name in files) writeFileSync(join(path, name), files[name]!);
    if (i > 0) symlinkSync(`../${i - 1}`, join(path, "parent"));
  });
  return openImageDirectory(join(root, String(dumps.length - 1)));
}

/** A pagemap image for pages image 1. */
export function pagemap(...entries: readonly Omit<MessageInput<typeof pagemapEntry>, "compat_nr_pages">[]): Uint8Array {
  return encodeEntries("pagemap", [
    { value: { pages_id: 1 } },
    ...entries.map((entry) => ({ value: { compat_nr_pages: Number(entry.nr_pages ?? 1n) & 0xffffff, ...entry } })),
  ]);
}
