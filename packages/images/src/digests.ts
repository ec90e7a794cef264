/**
 * Digests of the images of a checkpoint, in the format of sha256sum(1): `sha256sum -c SHA256SUMS` compares them too. CRIU ignores the file.
 *
 * @module
 */
/** The file with the digests of all other files of a checkpoint. */
export const DIGESTS_FILE = "SHA256SUMS";

/** How much of a file is in memory at a time. */
const PART = 1024 * 1024;

/** The digest of bytes, in hexadecimal. */
export function digestOf(bytes: Uint8Array): string {
  return sha256().update(bytes).digest("hex");
}

/**
 * The digest of a file of any size.
 *
 * @param read returns bytes of the file, fewer at its end, or undefined when it cannot be read.
 */
export function digestOfFile(read: (offset: number, length: number) => Uint8Array | undefined): string | undefined {
  const hash = sha256();
  for (let offset = 0; ; offset += PART) {
    const part = read(offset, PART);
    if (part === undefined) return undefined;
    hash.update(part);
    if (part.length < PART) return hash.digest("hex");
  }
}

/** Not imported: most restores need no digests, and Bun loads the module for as long as a small restore takes. */
function sha256() {
  return process.getBuiltinModule("node:crypto").createHash("sha256");
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
    const [, digest, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (digest === undefined || name === undefined) return undefined;
    digests.set(name, digest);
  }
  return digests;
}
